const TRY_AGAIN = 3_000;

/** How many rooms may be live where the server does not say. */
const LIVE = 100;

/**
 * The rooms one is in: which they are, what they are called, and which of them are live on this connection. One may be
 * in more rooms than a connection takes: those that were looked at last are live.
 */
export class Memberships {
  #client;
  #events;
  #names = new Map();
  /** The live rooms, and when each was last looked at: 0 is never. */
  #live = new Map();
  #looks = 0;
  #visit = 0;
  #retry = null;

  /**
   * @param {import("../client.js").ParleyClient} client
   * @param {{listed: (rooms: string[]|null) => void, denied: (room: string) => void, parted: (room: string) => void}}
   *   events `listed`: all that one is in, null where that cannot be asked now; `denied`: one may not enter it;
   *   `parted`: it is no longer live, for another one's sake
   */
  constructor(client, events) {
    this.#client = client;
    this.#events = events;
    client.addEventListener("joined", ({ detail: { room } }) => this.#live.has(room) || this.#live.set(room, 0));
    client.addEventListener("left", ({ detail: { room, data } }) => data?.reason && this.#live.delete(room));
  }

  nameOf(room) {
    return this.#names.get(room) ?? room;
  }

  /** Learns which rooms there are, and joins as many as may be live. @param {string[]} remembered by the server */
  async load(remembered = []) {
    clearTimeout(this.#retry);
    const visit = this.#visit;
    const isStill = () => visit === this.#visit && this.#client.state.state === "online";
    this.#joinWhereThereIsRoom(remembered);
    try {
      const listed = await this.#client.rooms({ mine: true });
      if (visit !== this.#visit) return;
      this.#learnNames(listed);
      const mine = listed.filter(isMine).map(({ id }) => id);
      this.#events.listed(mine);
      this.#joinWhereThereIsRoom(mine);
    } catch (error) {
      if (!isStill()) return;
      this.#events.listed(null);
      if (error.retryable) this.#retry = setTimeout(() => isStill() && this.load(), error.retryAfter ?? TRY_AGAIN);
    }
  }

  /** Public rooms one is not in. */
  async others() {
    const rooms = await this.#client.rooms();
    this.#learnNames(rooms);
    return rooms.filter((room) => room.visibility === "public" && !isMine(room));
  }

  async create(description) {
    const room = await this.#client.createRoom(description);
    this.#names.set(room.id, room.name ?? description.name);
    return room.id;
  }

  /**
   * Makes a room live, in the place of the one that was longest not looked at where there are too many.
   *
   * @returns {Promise<void>} as soon as it is
   */
  async look(room) {
    const isLive = this.#live.has(room);
    while (!isLive && this.#live.size >= this.#mostLive) this.#part(this.#longestNotLookedAt);
    this.#live.set(room, ++this.#looks);
    if (!isLive) await this.#join(room);
  }

  forget() {
    clearTimeout(this.#retry);
    this.#visit += 1;
    this.#names.clear();
    this.#live.clear();
  }

  get #mostLive() {
    return this.#client.limits?.rooms ?? LIVE;
  }

  get #longestNotLookedAt() {
    return [...this.#live].reduce((least, each) => (each[1] < least[1] ? each : least))[0];
  }

  #joinWhereThereIsRoom(rooms) {
    for (const room of rooms) {
      if (this.#live.has(room) || this.#live.size >= this.#mostLive) continue;
      this.#live.set(room, 0);
      this.#join(room).catch(() => {});
    }
  }

  async #join(room) {
    try {
      await this.#client.join(room, { recent: 0 });
    } catch (error) {
      this.#live.delete(room);
      if (error.code === "room_denied") this.#events.denied(room);
      throw error;
    }
  }

  /** The membership stays. */
  #part(room) {
    this.#live.delete(room);
    this.#client.leave(room).catch(() => {});
    this.#events.parted(room);
  }

  #learnNames(rooms) {
    for (const { id, name } of rooms) if (name) this.#names.set(id, name);
  }
}

/** Those where I have a role are mine, and so are direct rooms. */
function isMine({ id, role }) {
  return Boolean(role) || id.startsWith("dm:");
}
