const TYPING_LASTS = 7_000;
const KEPT = 300;

/**
 * @typedef {object} Entry one message as shown
 * @property {string} key stays the same from writing to the room's log
 * @property {string|null} id
 * @property {number} seq Infinity until the log has it
 * @property {number} ts
 * @property {string} user
 * @property {string|null} content null: deleted
 * @property {"pending"|"sent"|"failed"} state
 * @property {boolean} edited
 * @property {Error|null} error why it failed
 * @property {boolean} [mayRetry] whether the same may go better another time
 */

/** What the page knows of one room: its messages in order, who types, what is unread. No DOM, no network. */
export class Conversation {
  entries = [];
  isLoaded = false;
  isLoading = false;
  hasOlder = true;
  /** Why its history could not be loaded the last time, in a sentence. */
  problem = null;
  unread = 0;
  draft = "";
  #typists = new Map();

  /** @param {string} room @param {string} me */
  constructor(room, me) {
    this.room = room;
    this.me = me;
  }

  /** The smallest seq shown: history goes on below it. */
  get oldest() {
    const seq = this.entries[0]?.seq;
    return Number.isFinite(seq) ? seq : undefined;
  }

  /** Puts a `new_message` envelope in its place. @returns {boolean} whether it was news */
  take(envelope) {
    const { id, seq, ts, user, data } = envelope;
    const known = this.entries.find((entry) => entry.id === id);
    if (known) {
      // A tombstone: the archive could not take what was shown before.
      if (data.deleted) known.content = null;
      return false;
    }
    const mine = user === this.me && this.#ofKey(data.client_msg_id);
    if (mine) this.entries.splice(this.entries.indexOf(mine), 1);
    this.#insert({
      key: mine ? mine.key : id, id, seq, ts, user, content: data.content, state: "sent",
      edited: data.edited_ts !== undefined, error: null,
    });
    this.#typists.delete(user);
    return true;
  }

  /** Puts a message at the end that is on its way. */
  write(key, content, ts) {
    this.entries.push({
      key, id: null, seq: Infinity, ts, user: this.me, content, state: "pending", edited: false, error: null,
    });
  }

  /** The log has it. */
  settle(key, { id, seq, ts }) {
    const entry = this.#ofKey(key);
    if (!entry || entry.id || this.entries.some((other) => other.id === id)) return;
    this.entries.splice(this.entries.indexOf(entry), 1);
    this.#insert({ ...entry, id, seq, ts, state: "sent", error: null });
  }

  /** It was refused, or is on its way once more (`error` null). */
  mark(key, error) {
    const entry = this.#ofKey(key);
    if (!entry || entry.id) return;
    Object.assign(entry, { state: error ? "failed" : "pending", error, mayRetry: error?.retryable || error?.uncertain });
  }

  /** The archive could not take what had been accepted: it is no message after all, and may be sent as a new one. @returns {boolean} */
  lose(key, newKey, error) {
    const entry = this.#ofKey(key);
    if (!entry?.id || entry.user !== this.me) return false;
    this.discard(key);
    this.entries.push({ ...entry, key: newKey, id: null, seq: Infinity, state: "failed", error, mayRetry: true });
    return true;
  }

  discard(key) {
    this.entries = this.entries.filter((entry) => entry.key !== key);
  }

  change(messageID, change) {
    Object.assign(this.entries.find((entry) => entry.id === messageID) ?? {}, change);
  }

  /** What a reload would lose: the outbox has the rest. @returns {{room: string, draft: string, refused: object[]}} */
  get unsent() {
    const refused = this.entries.filter(({ state }) => state === "failed").map(({ key, content, ts, mayRetry, error }) => {
      const { code, message, uncertain } = error;
      return { key, content, ts, mayRetry, error: { code, message, uncertain } };
    });
    return { room: this.room, draft: this.draft, refused };
  }

  /** Takes what the visit before had left unsent. */
  takeUp({ draft, refused }) {
    this.draft = draft;
    for (const { key, content, ts, mayRetry, error } of refused) {
      this.write(key, content, ts);
      Object.assign(this.#ofKey(key), { state: "failed", mayRetry, error });
    }
  }

  /** Forgets what came from the log; what is on its way stays. */
  reset() {
    this.entries = this.entries.filter((entry) => entry.id === null);
    this.isLoaded = false;
    this.hasOlder = true;
  }

  /** Lets go of old messages that are out of sight; scrolling up loads them again. */
  trim() {
    if (this.entries.length <= KEPT + 100) return;
    this.entries.splice(0, this.entries.length - KEPT);
    this.hasOlder = true;
  }

  typed(user, now) {
    if (user !== this.me) this.#typists.set(user, now + TYPING_LASTS);
  }

  stoppedTyping(user) {
    this.#typists.delete(user);
  }

  typists(now) {
    for (const [user, until] of this.#typists) if (until <= now) this.#typists.delete(user);
    return [...this.#typists.keys()];
  }

  #ofKey(key) {
    return key ? this.entries.find((entry) => entry.key === key) : undefined;
  }

  #insert(entry) {
    let index = this.entries.length;
    while (index > 0 && this.entries[index - 1].seq > entry.seq) index -= 1;
    this.entries.splice(index, 0, entry);
  }
}
