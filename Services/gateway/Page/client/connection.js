import { Link } from "./link.js";
import { afterClose, backoff } from "./policy.js";

const STEADY = 5_000;

/** A gateway that ends closes each connection once what it has sent is settled: how long to wait for that. */
const FAREWELL = 5_000;

/**
 * The way to the server, kept open until `stop`: one link after another, with pauses between them as the policy says.
 *
 * States: `offline`, `connecting`, `online`, `waiting` (until `retryAt`), `closed` (for `reason`; it will not come
 * back by itself).
 */
export class Connection {
  state = { state: "offline" };
  #urlOfNext;
  #session;
  #events;
  #link = null;
  #attempt = 0;
  #failures = 0;
  #hasRenewed = false;
  #comeBackAt = 0;
  #retryTimer = null;
  #steadyTimer = null;
  #drainTimer = null;
  #listening = new AbortController();

  /**
   * @param {() => string} urlOfNext where the next WebSocket goes
   * @param {import("./session.js").Session} session
   * @param {{state: (detail: object) => void, frame: (frame: object) => void, down: () => void}} events `down`: what
   *   was sent and not answered may be lost
   */
  constructor(urlOfNext, session, events) {
    this.#urlOfNext = urlOfNext;
    this.#session = session;
    this.#events = events;
    const { signal } = this.#listening;
    globalThis.addEventListener?.("online", () => this.state.state === "waiting" && this.#open(), { signal });
    globalThis.addEventListener?.("pageshow", () => this.#link?.probe(), { signal });
  }

  get isOnline() {
    return this.state.state === "online";
  }

  /** Tries at once, unless it is there or on its way. */
  retryNow() {
    if (!this.isOnline && this.state.state !== "connecting") this.#open();
  }

  /** @param {object} frame sent if the link is open; its answer tells whether it arrived */
  send(frame) {
    this.#link?.send(frame);
  }

  /** An answer is overdue: finds out whether the other side still lives, and gives the link up where it does not. */
  probe() {
    this.#link?.probe();
  }

  /** Takes `connected`: from here on frames may be sent. */
  connected(heartbeat) {
    if (!this.#link) return;
    this.#link.heartbeat = heartbeat;
    this.#hasRenewed = false;
    // A connection that breaks again at once has not ended the row of failures.
    this.#steadyTimer = setTimeout(() => (this.#failures = 0), STEADY);
    this.#enter({ state: "online" });
  }

  /** Takes `server_draining`: come back at the moment it names, which differs from client to client. */
  draining(milliseconds) {
    this.#comeBackAt = Date.now() + milliseconds;
    clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(() => this.#link?.abandon(), milliseconds + FAREWELL);
  }

  /** Closes in good order and does not come back. */
  stop(state, reason) {
    this.#attempt += 1;
    clearTimeout(this.#retryTimer);
    this.#link?.close();
    this.#unlink();
    this.#enter({ state, reason });
  }

  /** Listens to the page no longer: for a connection that is stopped for good. */
  close() {
    this.#listening.abort();
  }

  async #open() {
    const attempt = ++this.#attempt;
    clearTimeout(this.#retryTimer);
    this.#enter({ state: "connecting" });
    try {
      const token = await this.#session.token();
      if (attempt !== this.#attempt) return;
      this.#link = new Link(this.#urlOfNext(), token, {
        frame: this.#events.frame,
        lost: (code, reason) => this.#lost(code, reason),
      });
    } catch (error) {
      if (attempt !== this.#attempt) return;
      this.#session.user ? this.#wait(error.retryAfter) : this.stop("closed", "signed_out");
    }
  }

  #lost(code, reason) {
    this.#unlink();
    switch (afterClose(code, reason)) {
      case "signed_out":
        return this.#session.forget();
      case "renew":
        return this.#renewAndOpen();
      case "stop":
        return this.stop("closed", reason || "bye");
      default:
        return this.#wait(this.#comeBackAt - Date.now());
    }
  }

  async #renewAndOpen() {
    // A second refusal in a row: fresh tokens are refused as well.
    if (this.#hasRenewed) return this.#session.forget();
    this.#hasRenewed = true;
    const attempt = ++this.#attempt;
    this.#enter({ state: "connecting" });
    try {
      await this.#session.renew();
      if (attempt === this.#attempt) this.#open();
    } catch (error) {
      // Refused for good: the session has ended, and said so. Not reached: renewing is still to be done.
      if (attempt !== this.#attempt || !this.#session.user) return;
      this.#hasRenewed = false;
      this.#wait(error.retryAfter);
    }
  }

  #wait(atLeast) {
    const delay = Math.max(atLeast ?? 0, 0) + 50 + backoff(this.#failures++);
    this.#comeBackAt = 0;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#open(), delay);
    this.#enter({ state: "waiting", retryAt: Date.now() + delay });
  }

  #unlink() {
    this.#link = null;
    clearTimeout(this.#steadyTimer);
    clearTimeout(this.#drainTimer);
    this.#events.down();
  }

  #enter(state) {
    this.state = state;
    this.#events.state(state);
  }
}
