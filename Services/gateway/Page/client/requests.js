import { ParleyError } from "./errors.js";

const ANSWER = 10_000;

/** The frames that wait for an answer, by the id that the answer will carry in `reply_to_id`. */
export class Requests {
  #waiting = new Map();
  #count = 0;

  /**
   * @param {(id: number) => void} send sends the frame with this id
   * @returns {Promise<object>} the frame that answers
   */
  make(send) {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      const late = () => this.#take(id)?.reject(new ParleyError("timeout", "", { retryable: true }));
      this.#waiting.set(id, { resolve, reject, timer: setTimeout(late, ANSWER) });
      send(id);
    });
  }

  /** Takes any frame: the one who waits for it gets it, or the error it tells. */
  answer(frame) {
    const waiter = this.#take(frame.reply_to_id);
    if (!waiter) return;
    frame.type === "error" ? waiter.reject(ParleyError.ofFrame(frame)) : waiter.resolve(frame);
  }

  /** The connection ended: nobody will answer. */
  connectionLost() {
    for (const id of [...this.#waiting.keys()]) {
      this.#take(id).reject(new ParleyError("disconnected", "The connection ended.", { retryable: true }));
    }
  }

  #take(id) {
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiter?.timer);
    return waiter;
  }
}
