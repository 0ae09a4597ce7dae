import { announce } from "./dom.js";
import { sentenceOf } from "./words.js";

const PAGE = 50;
const LONGEST_FILL = 5;
const TRY_AGAIN = 3_000;

/** Brings what was said before into conversations, page by page. */
export class History {
  #client;
  #view;

  /**
   * @param {import("../client.js").ParleyClient} client
   * @param {{isShown: (conversation: object) => boolean, changed: (conversation: object) => void}} view
   */
  constructor(client, view) {
    this.#client = client;
    this.#view = view;
  }

  loadNewest(conversation) {
    return this.#load(conversation, {});
  }

  loadOlder(conversation) {
    return this.#load(conversation, { before: conversation.oldest });
  }

  /** Forgets what was loaded: it is loaded anew at once, or when it is looked at. */
  restart(conversation) {
    conversation?.reset();
    this.#loadIfShown(conversation);
  }

  /** Loads what the server could not deliver, or, where that is much, only the newest. */
  async fill(conversation, { from_seq, to_seq }) {
    if (!conversation?.isLoaded) return;
    try {
      let after = from_seq - 1;
      for (let pages = 0; pages < LONGEST_FILL && after !== null && after < to_seq; pages += 1) {
        const page = await this.#client.history(conversation.room, { after, limit: 200 });
        for (const envelope of page.messages) conversation.take(envelope);
        after = page.next_after;
      }
      if (after !== null && after < to_seq) this.restart(conversation);
    } catch {
      this.restart(conversation);
    }
    this.#view.changed(conversation);
  }

  async #load(conversation, page) {
    if (conversation.isLoading || this.#client.state.state !== "online") return;
    conversation.isLoading = true;
    conversation.problem = null;
    this.#view.changed(conversation);
    try {
      const { messages, next_before } = await this.#client.history(conversation.room, { ...page, limit: PAGE });
      for (const envelope of messages) if (envelope.type === "new_message") conversation.take(envelope);
      conversation.hasOlder = next_before !== null && next_before !== undefined;
      conversation.isLoaded = true;
    } catch (error) {
      conversation.problem = sentenceOf(error);
      announce(conversation.problem);
      if (error.retryable && !conversation.isLoaded) {
        setTimeout(() => this.#loadIfShown(conversation), error.retryAfter ?? TRY_AGAIN);
      }
    } finally {
      conversation.isLoading = false;
      this.#view.changed(conversation);
    }
  }

  #loadIfShown(conversation) {
    if (conversation && this.#view.isShown(conversation) && !conversation.isLoaded) this.loadNewest(conversation);
  }
}
