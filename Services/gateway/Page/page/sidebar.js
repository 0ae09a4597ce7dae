import { arrange, avatar, byID, make } from "./dom.js";
import { peerOf } from "./words.js";

/** The list of rooms and direct conversations, with what is unread in each. */
export class Sidebar {
  #open;

  /** @param {(room: string) => void} open */
  constructor(open) {
    this.#open = open;
    byID("menu").addEventListener("click", () => this.reveal(byID("menu").ariaExpanded !== "true"));
    byID("sidebar").addEventListener("keydown", (event) => event.key === "Escape" && this.reveal(false));
    byID("room").addEventListener("click", (event) => byID("menu").contains(event.target) || this.reveal(false));
  }

  /** On narrow screens the list lies over the conversation. */
  reveal(isOpen) {
    byID("menu").ariaExpanded = String(isOpen);
    byID("sidebar").classList.toggle("open", isOpen);
  }

  /**
   * @param {import("./conversation.js").Conversation[]} conversations
   * @param {(room: string) => string} nameOf
   * @param {string|null} current
   */
  update(conversations, nameOf, current) {
    const sorted = [...conversations].sort((one, other) => nameOf(one.room).localeCompare(nameOf(other.room)));
    const isDirect = ({ room }) => room.startsWith("dm:");
    const rows = (chosen) => chosen.map((each) => this.#row(each, nameOf(each.room), each.room === current));
    arrange(byID("rooms"), rows(sorted.filter((each) => !isDirect(each))));
    arrange(byID("directs"), rows(sorted.filter(isDirect)));
  }

  #row({ room, unread, me }, name, isCurrent) {
    const build = () => {
      const peer = peerOf(room, me);
      const sign = peer ? avatar(peer) : make("span", { className: "hash", ariaHidden: "true" }, "#");
      const count = make("span", { className: "count", label: `${unread} unread` }, unread > 99 ? "99+" : String(unread));
      const label = make("span", { className: "label" }, name);
      const button = make("button", { type: "button", data: { room } }, sign, label, unread > 0 ? count : null);
      button.ariaCurrent = isCurrent ? "page" : "false";
      button.addEventListener("click", () => this.#open(room));
      return make("li", {}, button);
    };
    return { key: room, version: [name, unread, isCurrent].join(), build };
  }
}
