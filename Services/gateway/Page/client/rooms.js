import { ParleyError } from "./errors.js";
import { RoomFeed } from "./feed.js";
import { backoff } from "./policy.js";

/** The connection is there, so trying again is cheap: the longest pause between two tries to join. */
const LONGEST_PAUSE = 5_000;

/**
 * The rooms that a client follows: each is joined until that has succeeded or was refused for good, now and after
 * every break, and goes on where it stopped.
 */
export class FollowedRooms {
  #rooms = new Map();
  #joinedByServer = new Set();
  #recentByServer = 0;
  #request;
  #tell;

  /**
   * @param {(type: string, data: object) => Promise<object>} request asks the server; `disconnected` where there is none
   * @param {(type: string, detail: object) => void} tell makes an event
   */
  constructor(request, tell) {
    this.#request = request;
    this.#tell = tell;
  }

  get isEmpty() {
    return this.#rooms.size === 0;
  }

  /** @returns {Promise<object>} the `joined` frame, however long it takes; rejected when the room is refused or left */
  join(room, recent) {
    const followed = this.#rooms.get(room) ?? this.#follow(new RoomFeed(room, recent));
    const joined = new Promise((resolve, reject) => followed.waiters.push({ resolve, reject }));
    if (!this.#joinedByServer.has(room)) this.#keepJoining(followed);
    return joined;
  }

  leave(room) {
    this.#joinedByServer.delete(room);
    this.#drop(room, new ParleyError("disconnected", "The room was left."));
    return this.#request("leave_room", { room });
  }

  /** Forgets all rooms. */
  clear(error) {
    for (const room of [...this.#rooms.keys()]) this.#drop(room, error);
  }

  /**
   * @param {string[]} joinedByServer the rooms that the server joins by itself
   * @param {number} recent how many of the newest envelopes of each it sends
   */
  connected(joinedByServer, recent) {
    this.#joinedByServer = new Set(joinedByServer);
    this.#recentByServer = recent;
    for (const followed of this.#rooms.values()) this.#keepJoining(followed);
  }

  connectionLost() {
    for (const followed of this.#rooms.values()) {
      followed.tries += 1;
      followed.feed.joining();
    }
  }

  /** Takes any frame. @returns {boolean} whether it is news: what a log brings twice, or too early, is not */
  receive(frame) {
    switch (frame.type) {
      case "joined":
        return this.#joined(frame);
      case "left":
        if (frame.data?.reason) this.#drop(frame.room, new ParleyError("room_denied"));
        return true;
      case "error":
        this.#notJoinedByServer(frame);
        return true;
      case "gap":
        return this.#advance(frame.room, (feed) => feed.skipped(frame.data));
      case "room_epoch":
        return this.#advance(frame.room, (feed) => feed.epochBegan(frame.data));
      default:
        return Number.isInteger(frame.seq) && frame.room ? this.#logged(frame) : true;
    }
  }

  #follow(feed) {
    const followed = { feed, waiters: [], tries: 0 };
    this.#rooms.set(feed.room, followed);
    return followed;
  }

  #followForServer(room) {
    return this.#follow(new RoomFeed(room, this.#recentByServer));
  }

  #joined(frame) {
    const { room, data } = frame;
    const isExpected = this.#joinedByServer.delete(room);
    const followed = this.#rooms.get(room) ?? (isExpected ? this.#followForServer(room) : null);
    if (followed?.feed.joined(data)) this.#tell("restarted", { room });
    if (isExpected) followed.waiters.splice(0).forEach(({ resolve }) => resolve(frame));
    return followed !== null;
  }

  #notJoinedByServer(frame) {
    const { room, data } = frame;
    if (!this.#joinedByServer.delete(room)) return;
    if (data.retryable) this.#keepJoining(this.#rooms.get(room) ?? this.#followForServer(room));
    else this.#refused(room, ParleyError.ofFrame(frame));
  }

  #logged({ room, epoch, seq }) {
    if (this.#rooms.has(room)) return this.#advance(room, (feed) => feed.receive({ epoch, seq }));
    if (!room.startsWith("dm:")) return false;
    // A direct message comes without a join; from here on a break must not cost the next one.
    this.#keepJoining(this.#follow(new RoomFeed(room, 0, { epoch, seq })));
    return true;
  }

  #advance(room, step) {
    const followed = this.#rooms.get(room);
    const decision = followed ? step(followed.feed) : "drop";
    if (decision === "rejoin") this.#keepJoining(followed);
    if (decision.gap) this.#tell("gap", { type: "gap", room, data: decision.gap });
    return decision === "take" || decision.gap !== undefined;
  }

  async #keepJoining(followed) {
    const { feed, waiters } = followed;
    const current = ++followed.tries;
    for (let failures = 0; followed.tries === current; failures += 1) {
      feed.joining();
      const { room, recent, since } = feed;
      try {
        const joined = await this.#request("join_room", { room, recent, ...(since ? { since } : {}) });
        return waiters.splice(0).forEach(({ resolve }) => resolve(joined));
      } catch (error) {
        // A new connection begins anew.
        if (followed.tries !== current || error.code === "disconnected") return;
        if (!error.retryable) return this.#refused(room, error);
        await pause(error.retryAfter ?? Math.min(LONGEST_PAUSE, 250 + backoff(failures)));
      }
    }
  }

  #refused(room, error) {
    this.#drop(room, error);
    this.#tell("left", { type: "left", room, data: { reason: error.code } });
  }

  #drop(room, error) {
    const followed = this.#rooms.get(room);
    if (!followed) return;
    this.#rooms.delete(room);
    followed.tries += 1;
    for (const { reject } of followed.waiters.splice(0)) reject(error);
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
