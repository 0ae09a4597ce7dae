/**
 * @typedef {"take"|"drop"|"rejoin"|{gap: {epoch: string, from_seq: number, to_seq: number}}} Decision what to make
 *   of a frame. `rejoin`: some are missing, and joining with `since` brings them and this one; `gap`: that was tried
 *   already, so tell what is missing, then take it.
 */

/**
 * One room's log as this client has seen it: where it stands, and what to make of what comes next.
 *
 * A pure value: it decides, the client acts. It trusts the server's promise (`seq` rises by one; `gap` and
 * `room_epoch` announce what else happens) no further than it has to: what breaks it is asked for again once.
 */
export class RoomFeed {
  /** The last place up to which all has been taken, or told as missing. */
  #position;
  /** Where the room stood when it was last joined afresh: the recent envelopes that follow end here. */
  #joinedAt = null;
  /** From asking to `joined`, what comes belongs to the time before, and comes again. */
  #isAwaiting = true;
  #askedAgainAt = null;

  /**
   * @param {string} room
   * @param {number} recent how many envelopes a fresh join asks for
   * @param {{epoch: string, seq: number}|null} [position] where it stands already
   */
  constructor(room, recent, position = null) {
    this.room = room;
    this.recent = recent;
    this.#position = position;
  }

  /** What `join_room` takes to go on here. @returns {{epoch: string, seq: number}|undefined} */
  get since() {
    return this.#position ?? undefined;
  }

  /** All that it knows, as plain data. */
  toJSON() {
    return [this.#position, this.#joinedAt, this.#isAwaiting, this.#askedAgainAt];
  }

  /** A join is on its way, or the connection has ended. */
  joining() {
    this.#isAwaiting = true;
  }

  /**
   * Takes `joined`.
   *
   * @returns {boolean} whether what was shown before must be dropped: the missed envelopes will not all follow
   */
  joined({ epoch, seq, recovered }) {
    this.#isAwaiting = false;
    const hadBegun = this.#position !== null || this.#joinedAt !== null;
    const goesOn = recovered === true && this.#position !== null;
    this.#joinedAt = goesOn ? null : { epoch, seq };
    if (goesOn) return false;
    // Recent envelopes follow and end at `seq`; until the first has come, a break must ask for them again.
    this.#position = this.recent === 0 || seq === 0 ? this.#joinedAt : null;
    return hadBegun;
  }

  /** Takes an envelope of the room's log. @returns {Decision} */
  receive({ epoch, seq }) {
    return this.#advance({ epoch, seq }, (last) => seq === last.seq + 1, { epoch, to_seq: seq - 1 });
  }

  /** Takes `gap`: the order goes on behind it. @returns {Decision} */
  skipped({ epoch, from_seq, to_seq }) {
    return this.#advance({ epoch, seq: to_seq }, (last) => from_seq <= last.seq + 1, { epoch, to_seq: from_seq - 1 });
  }

  /** Takes `room_epoch`: the new epoch's first envelope is the next one. @returns {Decision} */
  epochBegan({ epoch, first_seq, previous_epoch, previous_seq }) {
    const follows = (last) => previous_epoch === last.epoch && previous_seq <= last.seq;
    return this.#advance({ epoch, seq: first_seq - 1 }, follows, { epoch: previous_epoch, to_seq: previous_seq });
  }

  /** Over epochs, too, `seq` only goes up. */
  #advance(to, follows, missing) {
    const last = this.#position;
    if (this.#isAwaiting || (last && to.seq <= last.seq)) return "drop";

    // The recent envelopes of a fresh join stand for themselves: their first may be any.
    const isRecent = this.#joinedAt !== null && to.seq <= this.#joinedAt.seq;
    const before = last ?? this.#joinedAt;
    const isMissing = !isRecent && !follows(before);
    if (isMissing && this.#askedAgainAt !== before.seq) {
      this.#askedAgainAt = before.seq;
      return "rejoin";
    }
    this.#position = to;
    const gap = { epoch: missing.epoch, from_seq: before.seq + 1, to_seq: missing.to_seq };
    return isMissing && gap.from_seq <= gap.to_seq ? { gap } : "take";
  }
}
