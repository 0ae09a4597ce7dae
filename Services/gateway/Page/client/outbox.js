import { ParleyError } from "./errors.js";
import { backoff } from "./policy.js";

const CAPACITY = 200;
const ATTEMPTS = 8;

/** The server answers within 5 s: beyond that the connection is suspect, and beyond the second bound the answer is lost. */
const SUSPECT = 6_000;
const ANSWER = 15_000;

/** Faults of the service, not of the message: sent again without asking anybody. */
const PASSING = new Set(["timeout", "bus_unavailable", "history_unavailable", "overloaded", "internal_error"]);

/** After these nobody knows whether the message was accepted. */
const UNCERTAIN = new Set(["timeout", "internal_error"]);

/**
 * @typedef {object} Entry
 * @property {object} data the `data` of `send_message`, with `client_msg_id`
 * @property {boolean} uncertain whether an earlier try may have been accepted
 * @property {boolean} accepted the log has it, and the writer waits for more than that
 */

/**
 * The messages that are on their way, in the order they were written.
 *
 * A pure value: it says what to send now and when to look again; the client owns the socket and the clock. A
 * message whose fate is unknown is sent again under its own key with `retry: true`, so that it is stored once. Of
 * each room one is under way at a time: whatever happens to it, what was written later comes later.
 */
export class Outbox {
  #entries = new Map();

  get isFull() {
    return this.#entries.size >= CAPACITY;
  }

  has(key) {
    return this.#entries.has(key);
  }

  /** @returns {{data: object, uncertain: boolean}[]} what to `add` again after the page was loaded anew */
  get saved() {
    return [...this.#entries.values()].map(({ data, uncertain, inFlight }) => ({ data, uncertain: uncertain || inFlight }));
  }

  /**
   * @param {object} data
   * @param {boolean} uncertain
   * @param {{resolve: Function, reject: Function}} waiter
   */
  add(data, uncertain, waiter) {
    const fresh = { inFlight: false, accepted: false, sentAt: 0, attempts: 0, notBefore: 0 };
    this.#entries.set(data.client_msg_id, { data, uncertain, waiter, ...fresh });
  }

  /**
   * Takes what may leave now.
   *
   * @returns {{frames: object[], nextAt: number|null, isSuspect: boolean}} the data to send, when to look again, and
   *   whether an answer is overdue
   */
  take(now) {
    this.#giveUpWaiting(now);
    const frames = [];
    const busy = new Set();
    for (const entry of this.#entries.values()) {
      const target = entry.data.room ?? `to ${entry.data.to}`;
      if (entry.accepted || busy.has(target)) continue;
      busy.add(target);
      if (entry.inFlight || entry.notBefore > now) continue;
      Object.assign(entry, { inFlight: true, sentAt: now });
      frames.push(entry.uncertain ? { ...entry.data, retry: true } : entry.data);
    }
    return { frames, ...this.#outlook(now) };
  }

  /** The connection ended: what was under way may or may not have arrived. */
  connectionLost() {
    for (const entry of this.#entries.values()) {
      if (entry.inFlight) entry.uncertain = true;
      Object.assign(entry, { inFlight: false, accepted: false, notBefore: 0 });
    }
  }

  /** Takes `message_sent`. */
  accepted(frame) {
    const entry = this.#entries.get(frame.data?.client_msg_id);
    if (!entry) return;
    if (entry.data.ack === "stored") entry.accepted = true;
    else this.#settle(entry, "resolve", { room: frame.room, ...frame.data });
  }

  /** Takes `message_stored`. */
  stored(frame) {
    const entry = this.#entries.get(frame.data?.client_msg_id);
    if (entry) this.#settle(entry, "resolve", { room: frame.room, ...frame.data });
  }

  /** Takes `message_error` or `rate_limit_exceeded`, already made into an error. */
  refused(key, error, now) {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.attempts += 1;
    entry.uncertain ||= UNCERTAIN.has(error.code);
    if (PASSING.has(error.code) && entry.attempts < ATTEMPTS) {
      // Also one that waits to be stored: Redis has lost it, and the archive does not have it.
      Object.assign(entry, { inFlight: false, accepted: false });
      entry.notBefore = now + (error.retryAfter ?? 250 + backoff(entry.attempts));
      return;
    }
    error.uncertain = entry.uncertain;
    this.#settle(entry, "reject", error);
  }

  /** Gives all of them up. */
  abandon(error) {
    for (const entry of [...this.#entries.values()]) this.#settle(entry, "reject", error);
  }

  /** What has not been answered for long is as unknown as a `timeout`. */
  #giveUpWaiting(now) {
    for (const [key, { inFlight, accepted, sentAt }] of [...this.#entries]) {
      const isLost = inFlight && !accepted && sentAt + ANSWER <= now;
      if (isLost) this.refused(key, new ParleyError("timeout", "", { retryable: true }), now);
    }
  }

  #outlook(now) {
    let nextAt = null;
    let isSuspect = false;
    for (const { inFlight, accepted, sentAt, notBefore } of this.#entries.values()) {
      if (accepted) continue;
      const isOverdue = inFlight && sentAt + SUSPECT <= now;
      isSuspect ||= isOverdue;
      const due = inFlight ? sentAt + (isOverdue ? ANSWER : SUSPECT) : notBefore;
      if (due > now) nextAt = Math.min(nextAt ?? Infinity, due);
    }
    return { nextAt, isSuspect };
  }

  #settle(entry, how, value) {
    this.#entries.delete(entry.data.client_msg_id);
    entry.waiter[how](value);
  }
}
