import { byID } from "./dom.js";

const REASONS = {
  banned: "You have been banned.",
  flood: "The connection was closed: too many malformed frames.",
  origin_denied: "This page may not connect to the server.",
  too_many_connections: "There are too many connections from here.",
};

/** How the connection is: a word in the corner, and a line with a button where something can be done. */
export class Status {
  #client;
  #ticker = null;
  #degraded = new Map();

  /** @param {import("../client.js").ParleyClient} client */
  constructor(client) {
    this.#client = client;
    client.addEventListener("state", () => this.#draw());
    // Another gateway tells anew what it lacks.
    client.addEventListener("connected", () => {
      this.#degraded.clear();
      this.#draw();
    });
    client.addEventListener("service_degraded", ({ detail: { data } }) => {
      this.#degraded.set(data.component, data.effect);
      this.#draw();
    });
    client.addEventListener("service_restored", ({ detail: { data } }) => {
      this.#degraded.delete(data.component);
      this.#draw();
    });
    byID("notice-action").addEventListener("click", () => client.retryNow());
  }

  #draw() {
    clearInterval(this.#ticker);
    const { state, reason, retryAt } = this.#client.state;
    byID("connection").dataset.state = state;
    switch (reason === "signed_out" ? "offline" : state) {
      case "online":
        this.#word("Online");
        return this.#notice([...this.#degraded.values()].join(" "));
      case "connecting":
        return this.#word("Connecting…");
      case "waiting":
        this.#count(retryAt);
        this.#ticker = setInterval(() => this.#count(retryAt), 500);
        return;
      case "closed":
        this.#word("Offline");
        return this.#notice(REASONS[reason] ?? "The connection was closed.", "Connect again");
      default:
        this.#word("Offline");
        return this.#notice("");
    }
  }

  #count(retryAt) {
    const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    this.#word(`Reconnecting in ${seconds} s`);
    this.#notice("The connection was lost. What you write is sent when it is back.", "Try now");
  }

  #word(text) {
    if (byID("connection").textContent !== text) byID("connection").textContent = text;
  }

  #notice(text, action = "") {
    if (byID("notice-text").textContent !== text) byID("notice-text").textContent = text;
    byID("notice").hidden = !text;
    byID("notice-action").textContent = action;
    byID("notice-action").hidden = !action;
  }
}
