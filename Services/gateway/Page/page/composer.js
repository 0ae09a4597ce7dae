import { byID } from "./dom.js";

/** Where one writes. */
export class Composer {
  #field = byID("content");

  /** @param {{send: (content: string) => void, typing: (isTyping: boolean) => void}} actions */
  constructor({ send, typing }) {
    byID("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      const content = this.#field.value.trim();
      this.#field.focus();
      if (!content) return;
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
    this.#field.addEventListener("input", () => typing(this.#field.value !== ""));
    this.#field.addEventListener("blur", () => typing(false));
  }

  get draft() {
    return this.#field.value;
  }

  /** @param {string} name of the room @param {string} draft begun there before */
  show(name, draft) {
    byID("composer").hidden = false;
    this.#field.value = draft;
    this.#field.placeholder = `Message ${name}`;
    if (matchMedia("(hover: hover)").matches) this.#field.focus();
  }

  hide() {
    byID("composer").hidden = true;
  }
}
