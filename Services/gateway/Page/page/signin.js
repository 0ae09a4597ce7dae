import { byID } from "./dom.js";
import { sentenceOf } from "./words.js";

const REFUSALS = {
  forbidden: "Accounts are made by whoever runs this place. Ask them for one.",
  rate_limited: "Too many tries.",
};

/** The first sight: sign in, or make an account. */
export class SignIn {
  #isNew = false;

  /** @param {import("../client.js").ParleyClient} client @param {import("./store.js").TokenStore} store */
  constructor(client, store) {
    byID("signin-switch").addEventListener("click", () => this.#turn(!this.#isNew));
    byID("signin-form").addEventListener("submit", async (event) => {
      event.preventDefault();
      store.isLasting = byID("stay").checked;
      await this.#submit(client);
    });
  }

  /** @param {string} [reason] why one is here again */
  show(reason) {
    this.#turn(false);
    this.#tell(reason);
    byID("signin").hidden = false;
    byID("username").focus();
  }

  hide() {
    byID("signin").hidden = true;
    byID("password").value = "";
  }

  async #submit(client) {
    const button = byID("signin-submit");
    const [username, password, name] = ["username", "password", "name"].map((id) => byID(id).value);
    this.#tell();
    button.disabled = true;
    try {
      await (this.#isNew ? client.register(username, password, name.trim()) : client.login(username, password));
    } catch (error) {
      const isClosed = this.#isNew && error.code === "forbidden";
      if (isClosed) this.#turn(false);
      byID("signin-other").hidden = isClosed;
      this.#tell(sentenceOf(error, REFUSALS));
      byID("password").select();
    } finally {
      button.disabled = false;
    }
  }

  #turn(isNew) {
    this.#isNew = isNew;
    byID("signin-title").textContent = isNew ? "Create your account" : "Sign in to Parley";
    byID("signin-submit").textContent = isNew ? "Create account" : "Sign in";
    byID("signin-question").textContent = isNew ? "Already have one?" : "New here?";
    byID("signin-switch").textContent = isNew ? "Sign in" : "Create an account";
    byID("name-field").hidden = !isNew;
    this.#ask(isNew);
    this.#tell();
  }

  /** A new password has a least length; an old one is whatever it is. */
  #ask(isNew) {
    const field = byID("password");
    field.autocomplete = isNew ? "new-password" : "current-password";
    byID("password-hint").hidden = !isNew;
    for (const [name, value] of [["minlength", "8"], ["aria-describedby", "password-hint"]]) {
      isNew ? field.setAttribute(name, value) : field.removeAttribute(name);
    }
  }

  #tell(text = "") {
    byID("signin-error").textContent = text;
    byID("signin-error").hidden = !text;
  }
}
