import { ParleyError } from "./errors.js";
import { Outbox } from "./outbox.js";

/** What the protocol takes for a `client_msg_id`: an answer to another one would not name it. */
const KEY = /^[\x20-\x7e]{1,64}$/;

/** The outbox at work: with a socket, a clock, and a place where it outlives the page. */
export class Sender {
  #outbox = new Outbox();
  #way;
  #isOnline = false;
  #timer = null;
  #largest = 65_536;

  /**
   * @param {{send: (data: object) => void, probe: () => void, save: (messages: object[]) => void}} way `probe`: an
   *   answer is overdue, so find out whether the connection still lives
   */
  constructor(way) {
    this.#way = way;
  }

  /**
   * @param {object} data of `send_message`
   * @param {boolean} isUncertain whether an earlier try may have been accepted
   * @returns {Promise<object>} the data of `message_sent`, and its room
   */
  send(data, isUncertain) {
    return new Promise((resolve, reject) => {
      const problem = this.#problem(data);
      if (problem) return reject(problem);
      this.#outbox.add(data, isUncertain, { resolve, reject });
      this.#flush();
    });
  }

  /** @param {number} [messageBytes] what the server takes */
  connected(messageBytes) {
    this.#largest = messageBytes ?? this.#largest;
    this.#isOnline = true;
    this.#flush();
  }

  connectionLost() {
    this.#isOnline = false;
    clearTimeout(this.#timer);
    this.#outbox.connectionLost();
    this.#save();
  }

  /** Takes any frame. */
  receive(frame) {
    switch (frame.type) {
      case "message_sent":
        this.#outbox.accepted(frame);
        break;
      case "message_stored":
        this.#outbox.stored(frame);
        break;
      case "message_error":
      case "rate_limit_exceeded":
        this.#outbox.refused(frame.data?.client_msg_id, ParleyError.ofFrame(frame), Date.now());
        break;
      default:
        return;
    }
    this.#flush();
  }

  /** Gives up what waits. */
  abandon(error) {
    clearTimeout(this.#timer);
    this.#outbox.abandon(error);
    this.#save();
  }

  #flush() {
    if (this.#isOnline) {
      const { frames, nextAt, isSuspect } = this.#outbox.take(Date.now());
      for (const data of frames) this.#way.send(data);
      if (isSuspect) this.#way.probe();
      clearTimeout(this.#timer);
      if (nextAt !== null) this.#timer = setTimeout(() => this.#flush(), nextAt - Date.now());
    }
    this.#save();
  }

  #save() {
    this.#way.save(this.#outbox.saved);
  }

  /** What can be known to fail without asking: a frame that is too big would cost the connection. */
  #problem(data) {
    const { room, to, client_msg_id: key } = data;
    if (typeof key !== "string" || !KEY.test(key)) return invalid("client_msg_id", "1 to 64 printable ASCII characters");
    if (typeof (room ?? to) !== "string") return invalid("room", "a room, or { to: handle }");
    if (this.#outbox.has(data.client_msg_id)) return new ParleyError("idempotency_conflict", "Already on its way.");
    if (this.#outbox.isFull) {
      return new ParleyError("overloaded", "Too many messages wait to be sent.", { retryable: true });
    }
    const bytes = new TextEncoder().encode(JSON.stringify(data)).length + 100;
    return bytes > this.#largest ? new ParleyError("content_too_long") : null;
  }
}

function invalid(field, detail) {
  return new ParleyError("invalid_field", `${field}: ${detail}`, { fields: [{ field, code: "invalid_field", message: detail }] });
}
