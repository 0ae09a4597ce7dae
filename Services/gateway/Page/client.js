import { Connection } from "./client/connection.js";
import { ParleyError } from "./client/errors.js";
import { Requests } from "./client/requests.js";
import { FollowedRooms } from "./client/rooms.js";
import { Sender } from "./client/sender.js";
import { Session } from "./client/session.js";

export { ParleyError };

const TYPING_EVERY = 3_000;

/**
 * @typedef {object} Store what outlives the page. All of it is secret.
 * @property {() => object|null} load the tokens
 * @property {(tokens: object|null) => void} save keeps the tokens for the next visit
 * @property {(user: string) => object[]} [loadOutbox] what that user had written and was not settled
 * @property {(user: string, messages: object[]) => void} [saveOutbox]
 */

/**
 * A client of Parley for browsers: one log-in, one connection, many rooms.
 *
 *     const client = new ParleyClient();
 *     await client.login("alice", "correct horse");
 *     client.addEventListener("new_message", ({ detail }) => show(detail.user, detail.data.content));
 *     await client.connect();
 *     await client.join("general");
 *     await client.send("general", "hello");
 *
 * It comes back by itself after a break, joins its rooms again where they stopped, and sends again what had not been
 * answered, each message once and in the order of writing. Every server frame is an event named after its `type`,
 * with the frame as `detail`; what a room's log brings twice is dropped before. Beside these:
 *
 * - `state`: `{state, reason?, retryAt?}`, where `state` is `offline`, `connecting`, `online`, `waiting` (until
 *   `retryAt`, milliseconds since 1970) or `closed` (it will not come back by itself: `reason` says why)
 * - `session`: `{user}`, after each renewal of the tokens; `user` is null when the log-in has ended
 * - `restarted`: `{room}`: what was shown of the room has a hole before what follows, so load its history anew
 *
 * Two frames ask for something, too: `gap` names what could not be delivered (load it by `history`), and a
 * `message_error` after the promise of `send` was kept means that the archive could not take the message after all.
 */
export class ParleyClient extends EventTarget {
  #session;
  #connection;
  #rooms;
  #sender;
  #requests = new Requests();
  #typing = new Map();
  #limits = null;
  #store;
  #rejoin = null;
  #isRejoining = false;

  /**
   * @param {object} [options]
   * @param {string} [options.url] where Parley is; by default where the page came from
   * @param {Store} [options.store] what outlives the page; without it all ends with it
   * @throws {TypeError} outside a page, without `url` or where there is no global `WebSocket`
   */
  constructor({ url = globalThis.location?.origin, store = { load: () => null, save: () => {} } } = {}) {
    super();
    if (!url) throw new TypeError("Outside a page a ParleyClient has to be told where Parley is: { url }.");
    if (!globalThis.WebSocket) throw new TypeError("A ParleyClient needs a global WebSocket, and there is none here.");
    const base = String(url).replace(/\/$/, "");
    this.#store = store;
    this.#rooms = new FollowedRooms((type, data) => this.request(type, data), (type, detail) => this.#emit(type, detail));
    this.#sender = new Sender({
      send: (data) => this.#connection.send({ type: "send_message", data }),
      probe: () => this.#connection.probe(),
      save: (messages) => this.user && store.saveOutbox?.(this.user.id, messages),
    });
    this.#session = new Session(base, store, {
      changed: (tokens) => this.#tokensChanged(tokens),
      replaced: () => this.disconnect(),
    });
    this.#connection = new Connection(() => base.replace(/^http/, "ws") + this.#path(), this.#session, {
      state: (detail) => this.#emit("state", detail),
      frame: (frame) => this.#receive(frame),
      down: () => this.#down(),
    });
  }

  // Who one is

  /** The one who is logged in: `{id, name, roles}`, or null. */
  get user() {
    return this.#session.user;
  }

  /** Makes an account and logs in. @param {string} [name] as shown to others @returns {Promise<object>} the user */
  register(username, password, name) {
    return this.#session.open("/auth/register", { username, password, ...(name ? { name } : {}) });
  }

  /**
   * Logs in. Whoever was logged in before is disconnected, and what they had written and nobody answered fails: it
   * must not be said by the next.
   *
   * @returns {Promise<object>} the user
   * @throws {ParleyError} of the refusal; all stays as it was
   */
  login(username, password) {
    return this.#session.open("/auth/login", { username, password });
  }

  /** Takes up the log-in that the store holds. @returns {boolean} whether there is one */
  restore() {
    return this.#session.restore();
  }

  /** Gets new tokens; this happens by itself before they end. @returns {Promise<void>} */
  refresh() {
    return this.#session.renew();
  }

  /** Ends the log-in, here and on the server. */
  async logout() {
    this.disconnect();
    await this.#session.close();
  }

  // The connection

  /** The last `state` event's detail. */
  get state() {
    return this.#connection.state;
  }

  /** What the server allows: `{message_bytes, content_chars, …}`, null before the first connection. */
  get limits() {
    return this.#limits;
  }

  /**
   * Connects, and stays connected until `disconnect`.
   *
   * @param {object} [options]
   * @param {{recent: number}} [options.rejoin] joins the rooms that this log-in had in the last hour, as after a
   *   reload of the page, with so many recent envelopes each; their `joined` events tell which
   * @returns {Promise<void>} settled when it is first online, or when it has become plain that it will not be
   */
  connect({ rejoin } = {}) {
    this.#rejoin = rejoin ?? null;
    if (this.#connection.isOnline) return Promise.resolve();
    const online = new Promise((resolve, reject) => {
      const watch = ({ detail }) => {
        if (detail.state === "connecting" || detail.state === "waiting") return;
        this.removeEventListener("state", watch);
        detail.state === "online" ? resolve() : reject(new ParleyError(detail.reason ?? "disconnected"));
      };
      this.addEventListener("state", watch);
    });
    online.catch(() => {});
    this.retryNow();
    return online;
  }

  /** Tries at once, where it waits or has given up. */
  retryNow() {
    this.#connection.retryNow();
  }

  /** Closes the connection and forgets its rooms; what was not answered fails. */
  disconnect() {
    this.#connection.stop("offline");
    this.#forget(new ParleyError("disconnected"));
  }

  /**
   * Disconnects and lets go of all that outlives a connection: timers, listeners, the word from other tabs. The log-in
   * stays in the store, where another client may take it up; this one is good for nothing any more.
   */
  async close() {
    this.disconnect();
    this.#connection.close();
    await this.#session.release();
  }

  // Rooms

  /**
   * Joins a room, now and after every reconnect. The room of a direct message that arrives is joined by itself.
   *
   * @param {string} room
   * @param {{recent?: number}} [options] how many of the newest envelopes follow (0–100)
   * @returns {Promise<object>} the `joined` frame, as soon as that can be had
   * @throws {ParleyError} when it is refused for good; `signed_out` where nobody is logged in
   */
  join(room, { recent = 50 } = {}) {
    if (!this.user) return Promise.reject(new ParleyError("signed_out"));
    return this.#rooms.join(room, recent);
  }

  /** Ends the live room on this connection; membership stays. */
  leave(room) {
    return this.#rooms.leave(room);
  }

  /**
   * Sends a message; it survives breaks of the connection, is stored once, and after what was sent to the room before.
   * A fault that passes is waited out; a rate limit (`rate_limited`, with `retryAfter`) is for the caller to wait out.
   *
   * @param {string} room or `{to: handle}` for a direct message
   * @param {string} content
   * @param {object} [options]
   * @param {string} [options.clientMessageID] its key, 1 to 64 printable ASCII characters, made up where absent; the
   *   same one again is the same message
   * @param {boolean} [options.retry] an earlier try with this key may have been accepted
   * @param {"accepted"|"stored"} [options.ack] what to wait for
   * @param {string} [options.replyTo] a message's id
   * @param {object} [options.metadata]
   * @returns {Promise<object>} `{room, id, epoch, seq, ts, client_msg_id, duplicate}`
   * @throws {ParleyError} `uncertain` where it may have been accepted all the same; `signed_out` where nobody is
   *   logged in
   */
  send(room, content, { clientMessageID = newKey(), retry = false, ack, replyTo, metadata } = {}) {
    if (!this.user) return Promise.reject(new ParleyError("signed_out"));
    const target = typeof room === "string" ? { room } : { to: room?.to };
    const data = { ...target, content, client_msg_id: clientMessageID };
    if (ack) data.ack = ack;
    if (replyTo) data.reply_to = replyTo;
    if (metadata) data.metadata = metadata;
    return this.#sender.send(data, retry);
  }

  /**
   * Sends again what an earlier visit left unsettled, once.
   *
   * @returns {{data: object, sent: Promise<object>}[]} what was sent, and what comes of it as with `send`
   */
  resume() {
    const left = (this.user && this.#store.loadOutbox?.(this.user.id)) ?? [];
    return left.map(({ data, uncertain }) => ({ data, sent: this.#sender.send(data, uncertain) }));
  }

  /** Says that the user types, or no longer does: call it on every key, it is sent when it is news. */
  typing(room, isTyping = true) {
    const last = this.#typing.get(room) ?? -Infinity;
    if (isTyping ? performance.now() - last < TYPING_EVERY : last === -Infinity) return;
    isTyping ? this.#typing.set(room, performance.now()) : this.#typing.delete(room);
    if (this.#connection.isOnline) this.#connection.send({ type: isTyping ? "typing_start" : "typing_stop", data: { room } });
  }

  /**
   * Reads a page of a room's history; without `before` and `after` the newest.
   *
   * @param {string} room
   * @param {{before?: number, after?: number, limit?: number}} [page] by seq, exclusive
   * @returns {Promise<{messages: object[], next_before: number|null, next_after: number|null, complete: boolean}>}
   */
  async history(room, page = {}) {
    return (await this.request("get_history", { room, ...page })).data;
  }

  /** Who is online. @param {string|string[]} who a room or handles @returns {Promise<{users: object[]}>} */
  async presence(who) {
    const data = typeof who === "string" ? { room: who } : { users: who };
    return (await this.request("get_presence", data)).data;
  }

  /**
   * Sends a frame and waits for its answer.
   *
   * @param {string} type
   * @param {object} data
   * @returns {Promise<object>} the frame that answers
   * @throws {ParleyError} of the `error` frame, `disconnected` or `timeout`
   */
  request(type, data) {
    if (!this.#connection.isOnline) return Promise.reject(new ParleyError("disconnected", "Not connected.", { retryable: true }));
    return this.#requests.make((id) => this.#connection.send({ type, data, id }));
  }

  // REST, in the user's name

  /** Any call of the REST services. @returns {Promise<object|null>} */
  rest(method, path, body) {
    return this.#session.request(method, path, body);
  }

  /**
   * The rooms that are mine or public: the first 1,000 of them, by id.
   *
   * @param {{mine?: boolean}} [options] `mine`: those that I am in, all of them, and no others
   * @returns {Promise<object[]>}
   */
  async rooms({ mine = false } = {}) {
    const rooms = [];
    let cursor = null;
    do {
      const query = new URLSearchParams({ limit: 200, ...(mine ? { mine } : {}), ...(cursor ? { cursor } : {}) });
      const page = await this.rest("GET", `/rooms?${query}`);
      rooms.push(...page.rooms);
      cursor = page.next_cursor ?? null;
    } while (cursor && (mine || rooms.length < 1_000));
    return rooms;
  }

  /** Makes a room. @param {{id?: string, name: string, visibility: "public"|"private"}} room */
  createRoom(room) {
    return this.rest("POST", "/rooms", room);
  }

  /** The members of a room, and their roles. */
  members(room) {
    return this.rest("GET", `/rooms/${encodeURIComponent(room)}/members`);
  }

  /** Makes somebody a member. @param {"owner"|"moderator"|"member"|"guest"} role */
  addMember(room, user, role = "member") {
    return this.rest("PUT", `/rooms/${encodeURIComponent(room)}/members/${encodeURIComponent(user)}`, { role });
  }

  /** Ends a membership: one's own, too. */
  removeMember(room, user) {
    return this.rest("DELETE", `/rooms/${encodeURIComponent(room)}/members/${encodeURIComponent(user)}`);
  }

  // Coming and going

  #path() {
    this.#isRejoining = this.#rejoin !== null && this.#rooms.isEmpty;
    return this.#isRejoining ? `/ws?rejoin=true&recent=${this.#rejoin.recent}` : "/ws";
  }

  #down() {
    this.#typing.clear();
    this.#sender.connectionLost();
    this.#rooms.connectionLost();
    this.#requests.connectionLost();
  }

  #tokensChanged(tokens) {
    if (tokens) {
      if (this.#connection.isOnline) this.request("authenticate", { token: tokens.access }).catch(() => {});
    } else {
      this.#connection.stop("closed", "signed_out");
      this.#forget(new ParleyError("signed_out"));
    }
    this.#emit("session", { user: tokens?.user ?? null });
  }

  #forget(error) {
    this.#rooms.clear(error);
    this.#sender.abandon(error);
  }

  // What the server says

  #receive(frame) {
    const isNews = this.#rooms.receive(frame);
    if (frame.type === "connected") this.#connected(frame.data ?? {});
    this.#sender.receive(frame);
    this.#requests.answer(frame);
    if (frame.type === "token_expiring") this.#session.expiring((frame.data?.expires_in ?? 0) * 1000);
    if (frame.type === "server_draining") this.#connection.draining(frame.data?.reconnect_after_ms ?? 0);
    if (isNews) this.#emit(frame.type, frame);
  }

  #connected(data) {
    this.#limits = data.limits ?? null;
    this.#connection.connected((data.heartbeat_seconds ?? 25) * 1000);
    this.#rooms.connected(this.#isRejoining ? data.rooms ?? [] : [], this.#rejoin?.recent ?? 0);
    this.#sender.connected(data.limits?.message_bytes);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** A key that no other message has: `randomUUID` needs a secure context, this does not. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
