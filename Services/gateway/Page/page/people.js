import { arrange, avatar, byID, make } from "./dom.js";
import { peerOf } from "./words.js";

const STATUS = { online: "online", away: "away", dnd: "do not disturb" };

/** Where the list has a place beside the conversation; elsewhere it lies over it. */
const WIDE = matchMedia("(min-width: 60.01rem)");

/** Who is online in the room that is shown. */
export class People {
  #client;
  #write;
  #room = null;
  #users = [];
  #online = 0;
  #timer = null;
  #isWanted = true;

  /** @param {import("../client.js").ParleyClient} client @param {(user: string) => void} write */
  constructor(client, write) {
    this.#client = client;
    this.#write = write;
    byID("people-toggle").addEventListener("click", () => {
      this.#isWanted = byID("people").hidden;
      this.#reveal(this.#isWanted);
    });
    byID("chat").addEventListener("keydown", (event) => event.key === "Escape" && this.#dismiss());
    byID("chat").addEventListener("click", ({ target }) => {
      if (!byID("people").contains(target) && !byID("people-toggle").contains(target)) this.#dismiss();
    });
    WIDE.addEventListener("change", () => this.#reveal(this.#room !== null && WIDE.matches));
    const refresh = ({ detail }) => detail.room === this.#room && this.refreshSoon();
    client.addEventListener("user_joined", refresh);
    client.addEventListener("user_left", refresh);
    client.addEventListener("joined", refresh);
    client.addEventListener("presence", () => this.refreshSoon());
  }

  show(room) {
    this.#room = room;
    this.#users = [];
    this.#online = 0;
    this.#reveal(room !== null && WIDE.matches && this.#isWanted);
    this.#draw();
    // What was to be asked may have been of another room, and in a while.
    clearTimeout(this.#timer);
    this.#timer = null;
    this.refreshSoon();
  }

  /** Asks once for many changes; the more people there are the more seldom, as each of them asks at each coming and going. */
  refreshSoon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#refresh();
    }, Math.max(200, Math.min(50 * this.#online, 30_000)));
  }

  async #refresh() {
    const room = this.#room;
    if (!room || this.#client.state.state !== "online") return;
    const me = this.#client.user?.id;
    const peer = peerOf(room, me);
    try {
      const { users, online } = await this.#client.presence(peer ? [...new Set([me, peer])] : room);
      if (room !== this.#room) return;
      this.#online = online;
      this.#users = users.filter(({ status }) => status !== "offline").sort((a, b) => a.user.localeCompare(b.user));
      this.#draw();
    } catch {
      // The list stays as it was; the next change asks again.
    }
  }

  /** Takes the list away where it lies over the conversation. */
  #dismiss() {
    if (WIDE.matches || byID("people").hidden) return;
    const isLeft = byID("people").contains(document.activeElement);
    this.#reveal(false);
    if (isLeft) byID("people-toggle").focus();
  }

  #reveal(isOpen) {
    byID("people").hidden = !isOpen;
    byID("people-toggle").ariaExpanded = String(isOpen);
  }

  #draw() {
    byID("people-toggle").hidden = !this.#room;
    byID("online-count").textContent = `${this.#online} online`;
    arrange(byID("online"), this.#users.map((each) => this.#row(each)));
  }

  #row({ user, status, text }) {
    const isMe = user === this.#client.user?.id;
    const build = () => {
      const dot = make("span", { className: "dot", data: { status }, label: STATUS[status] ?? status, role: "img" });
      const about = [isMe && "you", status !== "online" && STATUS[status], text].filter(Boolean).join(" · ");
      const label = make("span", { className: "label", dir: "auto" }, user, about ? make("small", {}, about) : null);
      const button = make("button", { type: "button", title: `Write to ${user}`, disabled: isMe }, avatar(user), label, dot);
      button.addEventListener("click", () => this.#write(user));
      return make("li", { data: { user } }, button);
    };
    return { key: user, version: [status, text ?? ""].join(), build };
  }
}
