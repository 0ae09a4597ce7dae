import { byID } from "./dom.js";

/** Where one writes. */
export class Composer {
  #field = byID("content");
  #longest;

  /**
   * @param {{send: (content: string) => void, typing: (isTyping: boolean) => void, longest: () => number}} actions
   *   `longest`: how many characters a message may have
   */
  constructor({ send, typing, longest }) {
    this.#longest = longest;
    byID("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      const content = this.#field.value.trim();
      this.#field.focus();
      if (!content || !this.#fits()) return this.#field.reportValidity();
      this.#field.value = "";
      typing(false);
      send(content);
    });
    this.#field.addEventListener("keydown", (event) => {
      // While a word is being composed (CJK input), Enter belongs to the input method.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      byID("composer").requestSubmit();
    });
    this.#field.addEventListener("input", () => {
      this.#fits();
      typing(this.#field.value !== "");
    });
    this.#field.addEventListener("blur", () => typing(false));
  }

  get draft() {
    return this.#field.value;
  }

  /** @param {string} name of the room @param {string} draft begun there before */
  show(name, draft) {
    byID("composer").hidden = false;
    this.#field.value = draft;
    this.#fits();
    this.#field.placeholder = `Message ${name}`;
    this.#field.ariaLabel = this.#field.placeholder;
    this.focus();
  }

  /** Where a field with the focus would bring up a keyboard that covers the room, its heading has it. */
  focus() {
    const isWriting = matchMedia("(hover: hover)").matches && !byID("composer").hidden;
    (isWriting ? this.#field : byID("room-name")).focus();
  }

  hide() {
    const isLosing = byID("composer").contains(document.activeElement);
    byID("composer").hidden = true;
    if (isLosing) this.focus();
  }

  /** Takes back what was written, behind what has been begun since. */
  takeBack(content) {
    this.#field.value = [this.#field.value, content].filter(Boolean).join("\n");
    this.#fits();
    this.#field.focus();
  }

  /** Too much is not sent at all, and said before it is lost from sight. Characters are counted as the server does. */
  #fits() {
    const [written, longest] = [[...this.#field.value.trim()].length, this.#longest()];
    const count = (number) => number.toLocaleString();
    const problem = `Too long by ${count(written - longest)}: a message may have ${count(longest)} characters.`;
    this.#field.setCustomValidity(written > longest ? problem : "");
    return written <= longest;
  }
}
