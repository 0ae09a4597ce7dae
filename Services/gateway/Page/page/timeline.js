import { arrange, avatar, byID, make } from "./dom.js";
import { cutAtAddresses } from "./links.js";
import { dayKey, dayOf, fullTimeOf, sentenceOf, timeOf } from "./words.js";

const TOGETHER = 5 * 60_000;
const NEAR = 80;

/** The messages of one room on the screen: grouped by day and author, kept at the end while the reader is there. */
export class Timeline {
  #scroller = byID("timeline");
  #list = byID("messages");
  #jump = byID("jump");
  #top = byID("older");
  #actions;
  #conversation = null;
  #isAtEnd = true;
  #topAtEnd = 0;

  /**
   * @param {{older: () => void, retry: (key: string) => void, edit: (key: string) => void,
   *   discard: (key: string) => void}} actions
   */
  constructor(actions) {
    this.#actions = actions;
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#top.addEventListener("click", () => actions.older());
    this.#jump.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.#isAtEnd && this.toEnd()).observe(this.#scroller);
  }

  /** Shows another room, at its end. */
  show(conversation) {
    this.#conversation = conversation;
    this.#list.replaceChildren();
    this.#topAtEnd = 0;
    this.#isAtEnd = true;
    this.update();
  }

  /** Draws what has changed, without moving what is being read. */
  update() {
    if (!this.#conversation) return;
    // A busy browser tells of scrolling after the fact: who has just looked up is not brought back to the end.
    if (this.#scroller.scrollTop < this.#topAtEnd) this.#isAtEnd &&= this.#isNearEnd();
    if (this.#isAtEnd) this.#conversation.trim();
    const below = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    const [firstKey, lastKey] = this.#ends();
    arrange(this.#list, this.#rows());
    this.#drawTop();
    if (this.#isAtEnd) return this.toEnd();
    const [newFirstKey, newLastKey] = this.#ends();
    if (firstKey !== newFirstKey) this.#scroller.scrollTop = this.#scroller.scrollHeight - below;
    if (lastKey !== newLastKey) this.#jump.hidden = false;
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#topAtEnd = this.#scroller.scrollTop;
    this.#isAtEnd = true;
    this.#jump.hidden = true;
  }

  #ends() {
    return [this.#list.firstElementChild?.dataset.key, this.#list.lastElementChild?.dataset.key];
  }

  #rows() {
    const rows = [];
    let previous = null;
    for (const entry of this.#conversation.entries) {
      const isNewDay = !previous || dayKey(previous.ts) !== dayKey(entry.ts);
      if (isNewDay) {
        const version = dayOf(entry.ts);
        rows.push({ key: `day ${entry.key}`, version, build: () => make("li", { className: "day" }, make("span", {}, version)) });
      }
      const continues = !isNewDay && previous.user === entry.user && entry.ts - previous.ts < TOGETHER;
      rows.push({
        key: entry.key,
        version: [continues, entry.state, entry.edited, entry.content === null, entry.id].join(),
        build: () => this.#message(entry, continues),
      });
      previous = entry;
    }
    return rows;
  }

  #message(entry, continues) {
    const time = make("time", { dateTime: new Date(entry.ts).toISOString(), title: fullTimeOf(entry.ts) }, timeOf(entry.ts));
    const isOwn = entry.user === this.#conversation.me;
    const byline = make("p", { className: "byline" }, make("span", { className: "author" }, entry.user), time);
    return make(
      "li",
      {
        className: ["message", isOwn && "own", continues && "continued"].filter(Boolean).join(" "),
        data: { state: entry.state, user: entry.user, id: entry.id ?? "" },
      },
      continues ? make("span", { className: "gutter" }, time) : avatar(entry.user),
      make("div", { className: "body" }, continues ? null : byline, text(entry), this.#fate(entry)),
    );
  }

  #fate(entry) {
    if (entry.state === "pending") return make("p", { className: "fate" }, "Sending…");
    if (entry.state !== "failed") return null;
    const offer = (word, action) =>
      make("button", { type: "button", className: `link ${word.toLowerCase()}`, onclick: () => action(entry.key) }, word);
    return make(
      "p",
      { className: "fate failed" },
      `Not sent. ${sentenceOf(entry.error)}`,
      entry.mayRetry ? offer("Retry", this.#actions.retry) : null,
      // What may be there already would be there twice.
      entry.error.uncertain ? null : offer("Edit", this.#actions.edit),
      offer("Discard", this.#actions.discard),
    );
  }

  #drawTop() {
    const { isLoading, isLoaded, hasOlder, problem, entries } = this.#conversation;
    this.#top.hidden = isLoaded && !hasOlder;
    // Disabled it would lose the focus, which may be what has begun to load.
    this.#top.ariaDisabled = String(isLoading);
    const offer = problem ? `${problem} Load again` : "Load earlier messages";
    this.#top.textContent = isLoading ? "Loading…" : offer;
    byID("beginning").hidden = !isLoaded || hasOlder || entries.length === 0;
    byID("silence").hidden = !isLoaded || entries.length > 0;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.#isAtEnd = this.#isNearEnd();
    if (this.#isAtEnd) this.#jump.hidden = true;
    if (scrollTop < NEAR && scrollHeight > clientHeight) this.#actions.older();
  }

  #isNearEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }
}

/** The text as written, with its web addresses made into links. */
function text({ content, edited }) {
  if (content === null) return make("p", { className: "text deleted" }, "This message was deleted.");
  const parts = cutAtAddresses(content).map(({ text, isAddress }) =>
    isAddress ? make("a", { href: text, target: "_blank", rel: "noopener noreferrer" }, text) : text);
  return make("p", { className: "text", dir: "auto" }, ...parts, edited ? make("small", {}, " (edited)") : null);
}
