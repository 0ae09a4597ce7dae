// Every way in which one room's frames can reach one client, up to bounds: the body of a function of `m`, the exports
// of `/client/feed.js`, and `bounds`. It returns how many states there are and what went wrong, with the steps to it.
//
// The server keeps its promises, or breaks them: it may lose an envelope without a word, once or for ever, or say it
// twice. Whatever it does, the reader must be shown each envelope once and in order, or be told that some are missing
// before the next; and nobody asks again, or gives up, without need.

class World {
  constructor() {
    this.log = [{ epoch: "a", seq: 1 }, { epoch: "a", seq: 2 }, { epoch: "a", seq: 3 }];
    this.feed = new m.RoomFeed("general", bounds.recent);
    this.connection = null;
    this.left = { append: bounds.appends, epoch: bounds.epochs, break: bounds.breaks, mishap: bounds.mishaps };
    this.lost = 0;
    // The reader: all up to `known` was shown or told as missing; recent envelopes up to `leadEnd` may follow a join.
    this.reader = { known: null, shown: -1, leadEnd: -1 };
    this.problem = null;
  }

  // What may happen next

  steps() {
    const { connection, left } = this;
    if (!connection) return [...(this.canAppend() ? ["append"] : []), ...(left.epoch ? ["epoch"] : []), "connect"];
    const canPush = connection.next !== null && connection.next < this.log.length;
    const mayRecover = connection.asks.length > 0 && connection.asks[0] !== null;
    return [
      this.canAppend() && "append",
      left.epoch && "epoch",
      left.mishap && "burn",
      left.break && "break",
      connection.asks.length > 0 && "answer",
      mayRecover && "forget",
      canPush && "push",
      canPush && left.mishap && "lose",
      canPush && left.mishap && "gap",
      connection.next > 0 && left.mishap && "repeat",
      connection.pipe.length > 0 && "receive",
    ].filter(Boolean);
  }

  canAppend() {
    return this.left.append > 0;
  }

  take(step) {
    this[step]();
    return this;
  }

  // The room

  append() {
    this.left.append -= 1;
    const { epoch, seq } = this.log.at(-1);
    this.log.push({ epoch, seq: seq + 1 });
  }

  /** An envelope that nobody will ever get. */
  burn() {
    this.left.mishap -= 1;
    this.lost += 2;
    const { epoch, seq } = this.log.at(-1);
    this.log.push({ epoch, seq: seq + 1, isGone: true });
  }

  epoch() {
    this.left.epoch -= 1;
    this.log.push({ epoch: "b", seq: this.log.at(-1).seq + bounds.jump });
  }

  // The server

  answer() {
    const since = this.connection.asks.shift();
    if (since === null) return this.#fresh();
    this.#say({ type: "joined", ...this.log.at(-1), recovered: true });
    this.connection.next = this.#indexUpTo(since.seq) + 1;
    this.connection.epoch = since.epoch;
  }

  forget() {
    this.connection.asks.shift();
    this.#fresh(false);
  }

  push() {
    this.#announceEpoch();
    const envelope = this.log[this.connection.next++];
    if (!envelope.isGone) this.#say({ type: "new_message", ...envelope });
  }

  lose() {
    this.left.mishap -= 1;
    this.lost += 1;
    this.connection.next += 1;
  }

  gap() {
    this.left.mishap -= 1;
    this.#announceEpoch();
    const { epoch, seq } = this.log[this.connection.next++];
    this.#say({ type: "gap", epoch, from_seq: seq, to_seq: seq });
  }

  repeat() {
    this.left.mishap -= 1;
    this.#say({ type: "new_message", ...this.log[this.connection.next - 1] });
  }

  #fresh(recovered) {
    this.#say({ type: "joined", ...this.log.at(-1), recovered });
    const recent = bounds.recent ? this.log.slice(-bounds.recent) : [];
    for (const envelope of recent) if (!envelope.isGone) this.#say({ type: "new_message", isRecent: true, ...envelope });
    this.connection.next = this.log.length;
    this.connection.epoch = this.log.at(-1).epoch;
  }

  #announceEpoch() {
    const { next, epoch } = this.connection;
    const begun = this.log[next].epoch;
    if (begun === epoch) return;
    const first = this.log.findIndex((envelope) => envelope.epoch === begun);
    this.connection.epoch = begun;
    const previous = this.log[first - 1];
    this.#say({
      type: "room_epoch", epoch: begun, first_seq: this.log[first].seq, previous_epoch: previous.epoch, previous_seq: previous.seq,
    });
  }

  #say(frame) {
    this.connection.pipe.push(frame);
  }

  // The client

  connect() {
    this.connection = { asks: [], pipe: [], next: null, epoch: null };
    this.#ask();
  }

  break() {
    this.left.break -= 1;
    this.connection = null;
    this.feed.joining();
  }

  receive() {
    const frame = this.connection.pipe.shift();
    if (frame.type === "joined") return this.#joined(frame);
    const decision = this.#decide(frame);
    this.#judge(decision, frame);
    if (decision === "rejoin") return this.#ask();
    if (decision.gap) this.#told(decision.gap);
    if (decision === "drop") return;
    if (frame.type === "gap") this.#told(frame);
    if (frame.type === "new_message") this.#shown(frame);
  }

  #judge(decision, { seq, isRecent }) {
    if (decision === "rejoin" && this.lost === 0) this.problem ??= `${seq} is asked for without need`;
    if (decision.gap && this.lost < 2) this.problem ??= `what was lost before ${seq} is given up`;
    const isJoining = this.connection.asks.length > 0 || this.connection.pipe.some(({ type }) => type === "joined");
    if (decision === "drop" && isRecent && !isJoining) this.problem ??= `the recent ${seq} is not shown`;
  }

  #decide(frame) {
    switch (frame.type) {
      case "gap":
        return this.feed.skipped(frame);
      case "room_epoch":
        return this.feed.epochBegan(frame);
      default:
        return this.feed.receive(frame);
    }
  }

  #ask() {
    this.feed.joining();
    this.connection.asks.push(this.feed.since ?? null);
  }

  // The reader

  #joined(frame) {
    const restarted = this.feed.joined(frame);
    if (frame.recovered && !restarted) return;
    if (this.reader.known !== null && !restarted) this.problem ??= `the reader of ${this.reader.known} is not told to begin anew`;
    const place = this.#indexUpTo(frame.seq);
    this.reader = { known: place, shown: -1, leadEnd: place };
  }

  #told({ from_seq, to_seq }) {
    if (this.#indexUpTo(from_seq - 1) > this.reader.known) this.problem ??= `a silent hole before the gap ${from_seq}–${to_seq}`;
    this.reader.known = Math.max(this.reader.known, this.#indexUpTo(to_seq));
    this.reader.shown = Math.max(this.reader.shown, this.reader.known);
  }

  #shown({ seq }) {
    const place = this.#indexUpTo(seq);
    const { known, shown, leadEnd } = this.reader;
    if (place <= shown) this.problem ??= `${seq} is shown again, or out of order`;
    if (place > leadEnd && place !== known + 1) this.problem ??= `${seq} is shown after a silent hole, or again`;
    this.reader.shown = place;
    this.reader.known = Math.max(known, place);
  }

  #indexUpTo(seq) {
    return this.log.findLastIndex((envelope) => envelope.seq <= seq);
  }

  // The end: whatever has happened, a quiet while brings the reader up to date

  settle() {
    this.left.append = Infinity;
    // What was lost last shows with the next envelope only.
    for (let round = 0; round < 4; round += 1) {
      this.append();
      if (!this.connection) this.connect();
      for (let turn = 0; turn < 200 && this.#turn(); turn += 1);
    }
    const newest = this.log.at(-1).seq;
    if (this.reader.known !== this.log.length - 1) this.problem ??= `never up to date: ${this.reader.known} of ${this.log.length - 1}`;
    if (this.feed.since?.seq !== newest) this.problem ??= `stands at ${this.feed.since?.seq}, not ${newest}`;
    return this;
  }

  #turn() {
    const { asks, pipe, next } = this.connection;
    if (pipe.length > 0) this.receive();
    else if (asks.length > 0) this.answer();
    else if (next < this.log.length) this.push();
    else return false;
    return true;
  }

  get key() {
    return JSON.stringify([this.log, this.feed, this.connection, this.left, this.lost, this.reader]);
  }
}

const lived = (path) => path.reduce((world, step) => world.take(step), new World());

const seen = new Set();
const problems = [];
let paths = [[]];
while (paths.length > 0 && problems.length === 0) {
  const longer = [];
  for (const path of paths) {
    const world = lived(path);
    if (seen.has(world.key)) continue;
    seen.add(world.key);
    const steps = world.problem ? [] : world.steps();
    const problem = world.problem ?? world.settle().problem;
    if (problem) problems.push(`${problem}: ${path.join(" ")}`);
    if (path.length < bounds.depth) longer.push(...steps.map((step) => [...path, step]));
  }
  paths = longer;
}
return { states: seen.size, problems: problems.slice(0, 3) };
