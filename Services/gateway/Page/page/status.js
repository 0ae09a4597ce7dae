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
  #isLost = false;
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
    // From a loss until it is over, each try and each second is shown, and none of them announced.
    this.#isLost = state === "waiting" || (state === "connecting" && this.#isLost);
    put("connection-wait", state === "connecting" && this.#isLost ? "…" : "");
    switch (reason === "signed_out" ? "offline" : state) {
      case "online":
        this.#word("Online");
        return this.#notice([...this.#degraded.values()].join(" "));
      case "connecting":
        return this.#word(this.#isLost ? "Reconnecting" : "Connecting…");
      case "waiting":
        this.#word("Reconnecting");
        this.#notice("The connection was lost. What you write is sent when it is back.", "Try now");
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
    put("connection-wait", ` in ${seconds} s`);
  }

  #word(text) {
    put("connection-word", text);
  }

  #notice(text, action = "") {
    put("notice-text", text);
    byID("notice").hidden = !text;
    put("notice-action", action);
    byID("notice-action").hidden = !action;
  }
}

/** Text that is put anew is announced anew, though it be the same. */
function put(id, text) {
  if (byID(id).textContent !== text) byID(id).textContent = text;
}
