import { ParleyError } from "../client/errors.js";
import { Conversation } from "./conversation.js";
import { announce, byID } from "./dom.js";
import { History } from "./history.js";
import { Memberships } from "./memberships.js";
import { directRoom, peerOf, sentenceOf, typingLine } from "./words.js";

/** The conversations of the one who is signed in: between the client below and the views above. */
export class Rooms {
  #client;
  #views;
  #store;
  #me = null;
  #current = null;
  #conversations = new Map();
  #memberships;
  #history;

  /**
   * @param {import("../client.js").ParleyClient} client
   * @param {{timeline: object, composer: object, people: object, sidebar: object}} views
   * @param {import("./store.js").TokenStore} store
   */
  constructor(client, views, store) {
    this.#client = client;
    this.#store = store;
    this.#views = views;
    this.#memberships = new Memberships(client, {
      listed: (rooms) => this.#listed(rooms),
      denied: (room) => this.#drop(room),
      parted: (room) => this.#conversations.get(room)?.reset(),
    });
    this.#history = new History(client, {
      isShown: (conversation) => conversation === this.#current,
      changed: (conversation) => conversation === this.#current && this.#drawCurrent(),
    });
    const on = (type, listener) => client.addEventListener(type, ({ detail }) => listener(detail));
    on("connected", ({ data }) => this.#connected(data.rooms ?? []));
    on("new_message", (envelope) => this.#received(envelope));
    on("message_edited", ({ room, data }) => this.#change(room, data.message_id, { content: data.content, edited: true }));
    on("message_deleted", ({ room, data }) => this.#change(room, data.message_id, { content: null }));
    on("restarted", ({ room }) => this.#history.restart(this.#conversations.get(room)));
    on("gap", ({ room, data }) => this.#history.fill(this.#conversations.get(room), data));
    on("joined", ({ room }) => this.#joined(room));
    on("message_error", (frame) => this.#lost(frame));
    // One stays in a room for which this connection has no place.
    on("left", ({ room, data }) => data?.reason && data.reason !== "too_many_rooms" && this.#drop(room));
    on("notification", ({ data }) => data.kind === "invite" && this.#memberships.load());
    on("user_typing", ({ room, user }) => this.#conversations.get(room)?.typed(user, Date.now()));
    on("user_stopped_typing", ({ room, user }) => this.#conversations.get(room)?.stoppedTyping(user));
    for (const type of ["user_typing", "user_stopped_typing", "new_message"]) on(type, () => this.#drawTyping());
    setInterval(() => this.#drawTyping(), 1_000);
    addEventListener("hashchange", () => this.#openFromAddress());
    document.addEventListener("visibilitychange", () => this.#see());
    addEventListener("pagehide", () => this.#keepUnsent());
  }

  begin(me) {
    this.#me = me;
    this.#show(null);
    for (const unsent of this.#store.loadDrafts(me)) this.#add(unsent.room).takeUp(unsent);
    for (const { data, sent } of this.#client.resume()) {
      const conversation = this.#add(data.room);
      conversation.write(data.client_msg_id, data.content, Date.now());
      this.#follow(conversation, data.client_msg_id, sent);
    }
  }

  end() {
    this.#me = null;
    this.#conversations.clear();
    this.#memberships.forget();
    this.#current = null;
    document.title = "Parley";
  }

  // What the reader does

  open(room) {
    const conversation = this.#conversations.get(room);
    if (!conversation) return;
    this.#show(conversation);
    if (location.hash.slice(1) !== room) history.replaceState(null, "", `#${room}`);
    this.#look(conversation);
  }

  /** Public rooms one is not in. */
  async others() {
    return (await this.#memberships.others()).filter(({ id }) => !this.#conversations.has(id));
  }

  async join(room) {
    await this.#memberships.look(room);
    this.#add(room);
    this.open(room);
  }

  async create(description) {
    await this.join(await this.#memberships.create(description));
  }

  async writeTo(user) {
    const room = directRoom(this.#me, user);
    this.#conversations.has(room) ? this.open(room) : await this.join(room);
  }

  send(content) {
    const key = newKey();
    this.#current.write(key, content, Date.now());
    this.#drawCurrent();
    this.#views.timeline.toEnd();
    this.#deliver(this.#current, key, content, false);
  }

  retry(key) {
    const conversation = this.#current;
    const entry = conversation.entries.find((each) => each.key === key);
    const mayHaveArrived = entry.error?.uncertain === true;
    conversation.mark(key, null);
    this.#drawCurrent();
    this.#deliver(conversation, key, entry.content, mayHaveArrived);
  }

  /** Puts it back to where it was written. */
  edit(key) {
    const { content } = this.#current.entries.find((each) => each.key === key);
    this.discard(key);
    this.#views.composer.takeBack(content);
  }

  discard(key) {
    this.#current.discard(key);
    this.#drawCurrent();
  }

  typing(isTyping) {
    if (this.#current) this.#client.typing(this.#current.room, isTyping);
  }

  async loadOlder() {
    const conversation = this.#current;
    if (!conversation || !conversation.hasOlder) return;
    await (conversation.isLoaded ? this.#history.loadOlder(conversation) : this.#history.loadNewest(conversation));
  }

  // What the server brings

  /** A new connection: what it joins by itself is known at once, all else as soon as it is listed. */
  #connected(remembered) {
    for (const room of remembered) this.#add(room);
    if (!this.#current) this.#openFromAddress();
    if (this.#current) this.#look(this.#current);
    this.#memberships.load(remembered);
    this.#drawList();
  }

  #listed(rooms) {
    for (const room of rooms ?? []) this.#add(room);
    if (!this.#current) this.#openFromAddress();
    // Of a room that the address names nobody can say that it is not there before all are listed.
    if (!this.#current && (rooms || !location.hash)) this.open([...this.#conversations.keys()].sort()[0]);
    this.#drawList();
    this.#drawCurrent();
  }

  #received(envelope) {
    const { room, user, data } = envelope;
    const conversation = this.#add(room);
    // In a room not yet looked at it would stand alone above a hole: the newest page brings it.
    const isShown = conversation.isLoaded || conversation.isLoading;
    const isNews = isShown ? conversation.take(envelope) : user !== this.#me;
    if (!isNews) return;
    const isSeen = conversation === this.#current && !document.hidden;
    if (user !== this.#me && !isSeen) conversation.unread += 1;
    if (user !== this.#me && isSeen && data.content !== null) announce(`${user}: ${data.content}`);
    this.#drawList();
    if (conversation === this.#current) this.#drawCurrent();
  }

  #change(room, messageID, change) {
    this.#conversations.get(room)?.change(messageID, change);
    this.#drawCurrent();
  }

  #joined(room) {
    if (this.#conversations.has(room)) return;
    this.#add(room);
    this.#drawList();
    if (!this.#current) this.#openFromAddress();
  }

  /** Accepted, and yet not kept; of what was never accepted `send` has told. */
  #lost(frame) {
    const error = ParleyError.ofFrame(frame);
    if (!this.#conversations.get(frame.room)?.lose(frame.data.client_msg_id, newKey(), error)) return;
    announce(`Not sent. ${sentenceOf(error)}`);
    this.#drawCurrent();
  }

  #keepUnsent() {
    if (this.#me === null) return;
    if (this.#current) this.#current.draft = this.#views.composer.draft;
    const unsent = [...this.#conversations.values()].map((each) => each.unsent);
    this.#store.saveDrafts(this.#me, unsent.filter(({ draft, refused }) => draft || refused.length > 0));
  }

  #drop(room) {
    const wasCurrent = this.#current?.room === room;
    this.#conversations.delete(room);
    if (wasCurrent) this.#show(null);
    this.#drawList();
  }

  #deliver(conversation, key, content, retry) {
    return this.#follow(conversation, key, this.#client.send(conversation.room, content, { clientMessageID: key, retry }));
  }

  async #follow(conversation, key, sent) {
    try {
      conversation.settle(key, await sent);
    } catch (error) {
      conversation.mark(key, error);
      if (this.#me) announce(`Not sent. ${sentenceOf(error)}`);
    }
    if (conversation === this.#current) this.#drawCurrent();
  }

  /** Makes what is shown live, then loads it: what is said between would be missed the other way round. */
  async #look(conversation) {
    try {
      await this.#memberships.look(conversation.room);
    } catch {
      // Where one may not enter it is gone; else it can be read all the same.
    }
    if (conversation === this.#current && !conversation.isLoaded) this.#history.loadNewest(conversation);
  }

  // Drawing

  #add(room) {
    if (!this.#conversations.has(room)) this.#conversations.set(room, new Conversation(room, this.#me));
    return this.#conversations.get(room);
  }

  #nameOf(room) {
    return peerOf(room, this.#me) ?? this.#memberships.nameOf(room);
  }

  #show(conversation) {
    const { timeline, composer, people, sidebar } = this.#views;
    if (this.#current) this.#current.draft = composer.draft;
    this.#current = conversation;
    const isOpen = conversation !== null;
    byID("welcome").hidden = isOpen;
    byID("timeline").hidden = !isOpen;
    byID("room-name").textContent = isOpen ? this.#nameOf(conversation.room) : "Parley";
    people.show(conversation?.room ?? null);
    sidebar.reveal(false);
    if (isOpen) {
      timeline.show(conversation);
      composer.show(this.#nameOf(conversation.room), conversation.draft);
    } else {
      composer.hide();
    }
    this.#see();
    this.#drawTyping();
  }

  /** What is on the screen of a visible page counts as read. */
  #see() {
    if (this.#current && !document.hidden) this.#current.unread = 0;
    this.#drawList();
  }

  #drawList() {
    const all = [...this.#conversations.values()];
    this.#views.sidebar.update(all, (room) => this.#nameOf(room), this.#current?.room ?? null);
    const unread = all.reduce((sum, each) => sum + each.unread, 0);
    const place = this.#current ? `${this.#nameOf(this.#current.room)} · Parley` : "Parley";
    document.title = unread > 0 ? `(${unread}) ${place}` : place;
  }

  #drawCurrent() {
    if (!this.#current) return;
    byID("room-name").textContent = this.#nameOf(this.#current.room);
    this.#views.timeline.update();
  }

  #drawTyping() {
    const line = typingLine(this.#current?.typists(Date.now()) ?? []);
    if (byID("typing").textContent !== line) byID("typing").textContent = line;
  }

  #openFromAddress() {
    this.open(location.hash.slice(1));
  }
}

function newKey() {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
