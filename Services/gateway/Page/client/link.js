const OPENING = 10_000;
const ANSWER = 5_000;

/**
 * One WebSocket, from the attempt to its end: it ends exactly once, and a silent one is noticed.
 *
 * Browsers do not show the server's heartbeat, so a `ping` frame of our own goes out when nothing has been heard
 * for a while; a connection that leaves it unanswered is given up.
 */
export class Link {
  #socket;
  #events;
  #watch = null;
  #isProbing = false;
  #ended = false;

  /**
   * @param {string} url
   * @param {string} token travels as a subprotocol: a URL would end in logs
   * @param {{frame: (frame: object) => void, lost: (code: number, reason: string) => void}} events
   */
  constructor(url, token, events) {
    this.#events = events;
    this.#socket = new WebSocket(url, ["chat.v1", `bearer.${token}`]);
    this.#socket.onmessage = (message) => this.#heard(message.data);
    this.#socket.onclose = (close) => this.#end(close.code, close.reason);
    this.#after(OPENING, () => this.abandon());
  }

  /** How often the server beats its heart, in milliseconds: known once connected. */
  heartbeat = 25_000;

  /** @param {object} frame */
  send(frame) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** Closes in good order; `lost` is not called any more. */
  close() {
    this.#ended = true;
    clearTimeout(this.#watch);
    this.#socket.close(1000, "bye");
  }

  /** Gives it up at once: a dead peer would let a closing handshake wait for a minute. */
  abandon() {
    this.#socket.close();
    this.#end(1006, "silent");
  }

  /** Asks whether the other side is still there. */
  probe() {
    if (this.#isProbing) return;
    this.#isProbing = true;
    this.send({ type: "ping", data: {} });
    this.#after(ANSWER, () => this.abandon());
  }

  #heard(text) {
    if (this.#ended) return;
    this.#isProbing = false;
    this.#after(this.heartbeat, () => this.probe());
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof frame?.type === "string") this.#events.frame(frame);
  }

  #after(milliseconds, action) {
    clearTimeout(this.#watch);
    if (!this.#ended) this.#watch = setTimeout(action, milliseconds);
  }

  #end(code, reason) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#watch);
    this.#events.lost(code, reason);
  }
}
