import { ParleyError } from "./errors.js";
import { backoff } from "./policy.js";

const CAPACITY = 200;
const ATTEMPTS = 8;
const ANSWER = 15_000;

/** Faults of the service, not of the message: sent again without asking anybody. */
const PASSING = new Set(["timeout", "bus_unavailable", "history_unavailable", "overloaded", "internal_error"]);

/** After these nobody knows whether the message was accepted. */
const UNCERTAIN = new Set(["timeout", "internal_error"]);

/**
 * The messages that are on their way, in the order they were written.
 *
 * A pure value: it says what to send now and when to look again; the client owns the socket and the clock. A
 * message whose fate is unknown is sent again under its own key with `retry: true`, so that it is stored once. One
 * that waits holds back the later ones of its room: their order is the writer's.
 */
export class Outbox {
  #entries = new Map();

  get isFull() {
    return this.#entries.size >= CAPACITY;
  }

  has(key) {
    return this.#entries.has(key);
  }

  /**
   * @param {object} data the `data` of `send_message`, with `client_msg_id`
   * @param {boolean} uncertain whether an earlier try may have been accepted
   * @param {{resolve: Function, reject: Function}} waiter
   */
  add(data, uncertain, waiter) {
    this.#entries.set(data.client_msg_id, { data, uncertain, waiter, inFlight: false, sentAt: 0, attempts: 0, notBefore: 0 });
  }

  /**
   * Takes what may leave now.
   *
   * @returns {{frames: object[], nextAt: number|null}} the data to send, and when the next one becomes due
   */
  take(now) {
    this.#giveUpWaiting(now);
    const frames = [];
    const held = new Set();
    let nextAt = null;
    for (const entry of this.#entries.values()) {
      const target = entry.data.room ?? `to ${entry.data.to}`;
      if (entry.inFlight) nextAt = Math.min(nextAt ?? Infinity, entry.sentAt + ANSWER);
      if (entry.inFlight || held.has(target)) continue;
      if (entry.notBefore > now) {
        held.add(target);
        nextAt = Math.min(nextAt ?? Infinity, entry.notBefore);
        continue;
      }
      Object.assign(entry, { inFlight: true, sentAt: now });
      nextAt = Math.min(nextAt ?? Infinity, now + ANSWER);
      frames.push(entry.uncertain ? { ...entry.data, retry: true } : entry.data);
    }
    return { frames, nextAt };
  }

  /** The connection ended: what was under way may or may not have arrived. */
  connectionLost() {
    for (const entry of this.#entries.values()) {
      if (entry.inFlight) Object.assign(entry, { inFlight: false, uncertain: true });
      entry.notBefore = 0;
    }
  }

  /** Takes `message_sent`. */
  accepted(frame) {
    const entry = this.#entries.get(frame.data?.client_msg_id);
    if (entry && entry.data.ack !== "stored") this.#settle(entry, "resolve", { room: frame.room, ...frame.data });
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
      entry.inFlight = false;
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
    for (const [key, { inFlight, sentAt }] of [...this.#entries]) {
      if (inFlight && sentAt + ANSWER <= now) this.refused(key, new ParleyError("timeout", "", { retryable: true }), now);
    }
  }

  #settle(entry, how, value) {
    this.#entries.delete(entry.data.client_msg_id);
    entry.waiter[how](value);
  }
}
