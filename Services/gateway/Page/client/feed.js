/**
 * One room's log as this client has seen it: where it stands, and what to make of the next envelope.
 *
 * A pure value: it decides, the client acts. `position` is `(epoch, seq)` of the last envelope taken, and what
 * `join_room` gets as `since` after a reconnect.
 */
export class RoomFeed {
  #position = null;
  #askedAgainAt = null;
  #isRejoining = false;
  #recentIDs = new Set();

  /** @param {string} room @param {number} recent how many envelopes a fresh join asks for */
  constructor(room, recent) {
    this.room = room;
    this.recent = recent;
  }

  /** @returns {{epoch: string, seq: number}|undefined} */
  get since() {
    return this.#position ?? undefined;
  }

  /**
   * Takes a `joined` frame.
   *
   * @returns {boolean} whether what was shown before must be dropped: the missed envelopes will not all follow
   */
  joined({ epoch, seq, recovered }) {
    this.#isRejoining = false;
    if (recovered === true) return false;
    const restarted = this.#position !== null;
    // Recent envelopes follow and end at `seq`; until the first has come, a break must ask for them again.
    this.#position = this.recent === 0 || seq === 0 ? { epoch, seq } : null;
    this.#askedAgainAt = null;
    this.#recentIDs.clear();
    return restarted;
  }

  /**
   * Takes an envelope of the room's log.
   *
   * @returns {"take"|"drop"|"rejoin"|{gap: {from_seq: number, to_seq: number}}} `rejoin`: some are missing, and
   *   joining with `since` brings them and this one; a gap is reported when that has already been tried
   */
  receive({ epoch, seq, id }) {
    if (this.#position && seq <= this.#position.seq) return "drop";
    if (this.#isRejoining || (id && this.#recentIDs.has(id))) return "drop";

    const missing = this.#position?.epoch === epoch && seq > this.#position.seq + 1;
    if (missing && this.#askedAgainAt !== this.#position.seq) {
      this.#askedAgainAt = this.#position.seq;
      this.#isRejoining = true;
      return "rejoin";
    }
    const gap = missing ? { from_seq: this.#position.seq + 1, to_seq: seq - 1 } : null;
    this.#position = { epoch, seq };
    this.#remember(id);
    return gap ? { gap } : "take";
  }

  /** Joining again was refused: go on with what comes. */
  rejoinFailed() {
    this.#isRejoining = false;
  }

  /** Takes a `gap` frame: the order goes on behind it. */
  skipped({ epoch, to_seq }) {
    this.#position = { epoch, seq: to_seq };
  }

  /** Takes a `room_epoch` frame: the new epoch's first envelope is the next one. */
  epochBegan({ epoch, first_seq }) {
    this.#position = { epoch, seq: first_seq - 1 };
  }

  #remember(id) {
    if (!id) return;
    this.#recentIDs.add(id);
    if (this.#recentIDs.size > 500) this.#recentIDs.delete(this.#recentIDs.values().next().value);
  }
}
