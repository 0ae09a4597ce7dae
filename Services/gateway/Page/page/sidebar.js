import { arrange, avatar, byID, make } from "./dom.js";
import { peerOf } from "./words.js";

/** Where the list has a place beside the conversation; elsewhere it lies over it. */
const WIDE = matchMedia("(min-width: 44.01rem)");

/** The list of rooms and direct conversations, with what is unread in each. */
export class Sidebar {
  #open;

  /** @param {(room: string) => void} open */
  constructor(open) {
    this.#open = open;
    byID("menu").addEventListener("click", () => this.reveal(byID("menu").ariaExpanded !== "true"));
    WIDE.addEventListener("change", () => this.reveal(false));
    const dismiss = (event) => this.#isOpen && !byID("sidebar").contains(event.target) && this.reveal(false);
    // What is covered is inert: a click there is one beside the list.
    byID("chat").addEventListener("click", (event) => byID("menu").contains(event.target) || dismiss(event));
    byID("chat").addEventListener("keydown", (event) => event.key === "Escape" && this.#isOpen && this.reveal(false));
  }

  get #isOpen() {
    return byID("sidebar").classList.contains("open");
  }

  /** On narrow screens the list lies over the conversation, and the focus is in it as long as it does. */
  reveal(isOpen) {
    const isLeft = this.#isOpen && !isOpen && byID("sidebar").contains(document.activeElement);
    byID("menu").ariaExpanded = String(isOpen);
    byID("sidebar").classList.toggle("open", isOpen);
    for (const covered of ["room", "people"]) byID(covered).inert = isOpen;
    if (isLeft) byID("menu").focus();
    const at = (selector) => byID("sidebar").querySelector(selector);
    if (isOpen) (at("[aria-current=page]") ?? at("button")).focus();
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
      const label = make("span", { className: "label", dir: "auto" }, name);
      const button = make("button", { type: "button", data: { room } }, sign, label, unread > 0 ? count : null);
      button.ariaCurrent = isCurrent ? "page" : "false";
      button.addEventListener("click", () => this.#open(room));
      return make("li", {}, button);
    };
    return { key: room, version: [name, unread, isCurrent].join(), build };
  }
}
