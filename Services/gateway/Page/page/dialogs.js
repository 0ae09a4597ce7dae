import { arrange, byID, make } from "./dom.js";
import { sentenceOf } from "./words.js";

const STRANGERS = { room_denied: "There is nobody of that name." };

/** Finding, creating and joining rooms, and writing to somebody. */
export class Dialogs {
  #actions;
  #rooms = [];

  /**
   * @param {{find: () => Promise<object[]>, join: (room: string) => Promise<void>,
   *   create: (room: object) => Promise<void>, write: (user: string) => Promise<void>, entered: () => void}} actions
   *   `entered`: the room is open, and the dialog no longer over it
   */
  constructor(actions) {
    this.#actions = actions;
    for (const button of document.querySelectorAll("dialog .close")) {
      button.addEventListener("click", () => button.closest("dialog").close());
    }
    byID("browse").addEventListener("click", () => this.browse());
    byID("welcome-browse").addEventListener("click", () => this.browse());
    byID("write-to").addEventListener("click", () => this.writeTo());
    byID("browse-filter").addEventListener("input", () => this.#draw());
    this.#submits("create", () => this.#create(newRoom()), byID("browse-dialog"));
    this.#submits("direct", () => actions.write(byID("direct-user").value), byID("direct-dialog"), STRANGERS);
  }

  close() {
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  }

  writeTo() {
    byID("direct-form").reset();
    tell("direct-error");
    byID("direct-dialog").showModal();
  }

  async browse() {
    byID("create-form").reset();
    byID("browse-filter").value = "";
    byID("browse-dialog").showModal();
    await this.#attempt(async () => {
      this.#rooms = await this.#actions.find();
      this.#draw();
    });
  }

  #draw() {
    const wanted = byID("browse-filter").value.trim().toLowerCase();
    const found = this.#rooms.filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(wanted));
    const none = { key: "", version: "", build: () => make("li", { className: "quiet" }, "No other public rooms.") };
    arrange(byID("browse-list"), found.length > 0 ? found.slice(0, 100).map((room) => this.#row(room)) : [none]);
  }

  #row({ id, name }) {
    const build = () => {
      const join = make("button", { type: "button", data: { room: id } }, "Join");
      join.addEventListener("click", () => this.#attempt(async () => {
        await this.#actions.join(id);
        this.#leave(byID("browse-dialog"));
      }));
      const alias = name && name !== id ? make("small", {}, id) : null;
      return make("li", {}, make("span", { className: "label", dir: "auto" }, name || id, alias), join);
    };
    return { key: id, version: name ?? "", build };
  }

  /** Who has typed a name has not asked for an id: where another room has it, the server makes one. */
  async #create({ id, ...room }) {
    try {
      await this.#actions.create(id ? { id, ...room } : room);
    } catch (error) {
      if (error.code !== "room_exists" || !id) throw error;
      await this.#actions.create(room);
    }
  }

  /** @param {Object<string, string>} [own] as of `sentenceOf` */
  #submits(stem, work, dialog, own) {
    const form = byID(`${stem}-form`);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      tell(`${stem}-error`);
      byID(`${stem}-submit`).disabled = true;
      try {
        await work();
        form.reset();
        this.#leave(dialog);
      } catch (error) {
        tell(`${stem}-error`, sentenceOf(error, own));
      } finally {
        byID(`${stem}-submit`).disabled = false;
      }
    });
  }

  /** Closing gives the focus back to what had opened the dialog: afterwards it can go into the room. */
  #leave(dialog) {
    dialog.close();
    this.#actions.entered();
  }

  async #attempt(work) {
    tell("create-error");
    try {
      await work();
    } catch (error) {
      tell("create-error", sentenceOf(error));
    }
  }
}

/** An id that the protocol allows is made of the name; where nothing is left of it, the server makes one. */
function newRoom() {
  const name = byID("create-name").value.trim();
  const plain = name.normalize("NFKD").toLowerCase();
  const id = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64);
  return { ...(id ? { id } : {}), name, visibility: byID("create-visibility").value };
}

function tell(id, text = "") {
  byID(id).textContent = text;
  byID(id).hidden = !text;
}
