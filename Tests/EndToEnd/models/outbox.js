// Many random lives of an outbox: the body of a function of `m`, the exports of `/client/outbox.js`, and `bounds`. It
// returns how many messages were sent how often, and what went wrong, with the seed of the life it went wrong in.
//
// The server refuses, stays silent, accepts without its answer arriving; connections end at any moment. Each message
// must be in its room's log once and in the order of writing, or be refused; and one that may be there already must be
// sent as such.

/** A small generator of random numbers (mulberry32), so that a seed tells all. */
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const PASSING = ["timeout", "bus_unavailable", "history_unavailable", "overloaded", "internal_error"];
const LASTING = ["muted", "rate_limited", "room_denied"];

class Life {
  constructor(random) {
    this.random = random;
    this.outbox = new m.Outbox();
    this.now = 0;
    this.isOnline = false;
    this.isKind = false;
    this.wire = [];
    this.answers = [];
    this.owed = [];
    this.logs = new Map([["tea", []], ["coffee", []]]);
    this.places = new Map();
    this.written = [];
    this.fates = new Map();
    this.sends = 0;
    this.problem = null;
  }

  step() {
    const steps = ["tick", "tick", "serve", "serve", "deliver", "deliver", "store", "flip"];
    if (this.written.length < bounds.messages) steps.push("write", "write");
    this[this.#one(steps)]();
  }

  write() {
    const room = this.#one([...this.logs.keys()]);
    const key = `${this.written.length}`;
    const data = { room, content: key, client_msg_id: key, ...(this.random() < 0.3 ? { ack: "stored" } : {}) };
    this.written.push(data);
    this.outbox.add(data, false, {
      resolve: () => this.#fate(key, "sent"),
      reject: (error) => this.#fate(key, error.uncertain ? "uncertain" : "refused"),
    });
    this.#send();
  }

  tick() {
    this.now += Math.round(this.random() ** 3 * 20_000);
    this.#send();
  }

  flip() {
    this.isOnline ? this.#goDown() : this.#comeUp();
  }

  serve() {
    const frame = this.wire.shift();
    if (frame) this.answers.push(...this.#handle(frame));
  }

  /** The archive comes behind. */
  store() {
    this.answers.push(...this.owed.splice(0));
  }

  deliver() {
    const answer = this.answers.shift();
    if (!answer) return;
    if (answer.code) this.outbox.refused(answer.key, this.#error(answer.code), this.now);
    else this.outbox[answer.how]({ room: answer.room, data: { client_msg_id: answer.key } });
    this.#send();
  }

  /** From now on nothing fails any more. */
  end() {
    this.isKind = true;
    if (!this.isOnline) this.#comeUp();
    for (let turn = 0; turn < 2_000 && this.fates.size < this.written.length; turn += 1) {
      this.now += 1_000;
      this.#send();
      this.serve();
      this.store();
      this.deliver();
    }
    this.#judge();
    return this;
  }

  // The client's side

  #send() {
    if (!this.isOnline) return;
    for (const frame of this.outbox.take(this.now).frames) {
      this.sends += 1;
      this.wire.push(frame);
    }
  }

  #comeUp() {
    this.isOnline = true;
    this.#send();
  }

  #goDown() {
    this.isOnline = false;
    this.answers = [];
    this.owed = [];
    // What was on the way may still arrive; nobody will hear of it.
    for (const frame of this.wire.splice(0)) if (this.random() < 0.5) this.#handle(frame);
    this.outbox.connectionLost();
  }

  // The server

  #handle(frame) {
    const { room, client_msg_id: key } = frame;
    if (!this.isKind && !this.places.has(key) && this.random() < 0.2) return this.#refuse(key, LASTING.concat(PASSING));
    if (!this.isKind && this.random() < 0.2) return this.#refuse(key, frame.retry ? PASSING : ["timeout", "internal_error"]);
    if (this.places.has(key) && !frame.retry) this.problem ??= `${key} is sent again as if it were new`;
    if (!this.places.has(key)) this.places.set(key, this.logs.get(room).push(key));
    const isHeard = this.isKind || this.random() < 0.8;
    if (!isHeard) return this.random() < 0.5 ? [] : [{ key, code: "timeout" }];
    if (frame.ack === "stored") this.owed.push({ key, room, how: "stored" });
    return [{ key, room, how: "accepted" }];
  }

  #refuse(key, codes) {
    const code = this.#one(codes);
    return this.random() < 0.2 ? [] : [{ key, code }];
  }

  #error(code) {
    return Object.assign(new Error(code), { code, retryAfter: this.random() < 0.5 ? 500 : null, uncertain: false });
  }

  // The judge

  #fate(key, fate) {
    if (this.fates.has(key)) this.problem ??= `${key} is settled twice`;
    this.fates.set(key, fate);
  }

  #judge() {
    for (const [room, log] of this.logs) {
      const inOrder = this.written.filter((data) => data.room === room && this.places.has(data.client_msg_id));
      if (log.join() !== inOrder.map((data) => data.client_msg_id).join()) this.problem ??= `${room} has ${log.join()}`;
    }
    for (const { client_msg_id: key } of this.written) {
      const fate = this.fates.get(key);
      if (!fate) this.problem ??= `${key} is never settled`;
      if (fate === "sent" && !this.places.has(key)) this.problem ??= `${key} is said to be sent and is not`;
      if (fate === "refused" && this.places.has(key)) this.problem ??= `${key} is said to be refused and is there`;
    }
  }

  #one(list) {
    return list[Math.floor(this.random() * list.length)];
  }
}

const chance = Math.random;
const problems = [];
let messages = 0;
let sends = 0;
try {
  for (let seed = bounds.seed; seed < bounds.seed + bounds.lives; seed += 1) {
    Math.random = generator(seed);
    const life = new Life(generator(~seed));
    for (let count = 0; count < bounds.steps && !life.problem; count += 1) life.step();
    const { problem } = life.end();
    if (problem) problems.push(`seed ${seed}: ${problem}`);
    messages += life.written.length;
    sends += life.sends;
  }
} finally {
  Math.random = chance;
}
return { messages, sends, problems: problems.slice(0, 3) };
