import { ParleyError } from "./errors.js";

const LONGEST_TIMER = 24 * 3600 * 1000;

/** Longer than nginx waits for a service. */
const ANSWER = 40_000;

/** The server takes an exchanged refresh token once more for 10 s: a renewal without an answer is tried again before. */
const RENEWAL = 6_000;
const NEXT_RENEWAL = 2_000;

/** By how much the clocks here and there may differ, in milliseconds. */
const SKEW = 30_000;

/**
 * @typedef {object} Tokens what a page keeps for its next visit
 * @property {string} access
 * @property {number} accessUntil milliseconds since 1970
 * @property {string} refresh
 * @property {{id: string, name: string, roles: string[]}} user
 */

/**
 * A log-in: its tokens, renewed before they end, and the REST calls made with them.
 *
 * A refresh token is good for one use; the second use ends the whole log-in. Two tabs may hold the same one, so a
 * renewal takes a lock, looks into the store first, and tells the other tabs what came of it.
 */
export class Session {
  #base;
  #store;
  #changed;
  #tokens = null;
  /** Which log-in the tokens are of: what began under another one must not go on under this. */
  #login = 0;
  #renewal = null;
  #timer = null;
  /** When the timer should have run, in milliseconds since 1970: it stands still while the machine sleeps. */
  #renewAt = 0;
  #siblings = null;
  #replaced;

  /**
   * @param {string} base origin of the REST services
   * @param {{load: () => Tokens|null, save: (tokens: Tokens|null) => void}} store where tokens outlive the page
   * @param {{changed: (tokens: Tokens|null) => void, replaced: () => void}} events `changed`: after each renewal, and
   *   with null when the log-in ends; `replaced`: another log-in is about to take the place of this one
   */
  constructor(base, store, { changed, replaced }) {
    this.#base = base;
    this.#store = store;
    this.#changed = changed;
    this.#replaced = replaced;
    if (typeof BroadcastChannel !== "undefined") {
      this.#siblings = new BroadcastChannel("parley-session");
      this.#siblings.onmessage = ({ data }) => {
        if (this.#tokens && data?.replaced === this.#tokens.refresh) this.#adopt(data.tokens);
      };
    }
  }

  /** The one who is logged in. */
  get user() {
    return this.#tokens?.user ?? null;
  }

  /** Takes up the log-in of an earlier visit. @returns {boolean} whether there was one */
  restore() {
    const tokens = this.#store.load();
    if (tokens) this.#begin(tokens);
    return tokens !== null;
  }

  /** Logs in by `/auth/login`, or `/auth/register`, whose answers are alike. Where that fails all stays as it was. */
  async open(path, credentials) {
    this.#begin(tokensOf(await this.#fetch("POST", path, credentials)));
    return this.user;
  }

  /** Ends the log-in on the server where that can be reached, and here in any case. */
  async close() {
    const login = this.#login;
    const ended = this.#tokens ? this.request("POST", "/auth/logout") : Promise.resolve();
    await ended.catch(() => {});
    if (login === this.#login) this.forget();
  }

  /** Drops the tokens. */
  forget() {
    clearTimeout(this.#timer);
    this.#login += 1;
    this.#tokens = null;
    this.#store.save(null);
    this.#changed(null);
  }

  /** Forgets the log-in here and leaves it in the store. A renewal under way ends before: its tokens belong there. */
  async release() {
    await this.#renewal?.catch(() => {});
    clearTimeout(this.#timer);
    this.#siblings?.close();
    this.#login += 1;
    this.#tokens = null;
  }

  /** A token that is good for a while yet. @returns {Promise<string>} */
  async token() {
    const login = this.#login;
    if (this.#tokens && this.#tokens.accessUntil - Date.now() < 10_000) await this.renew();
    return this.#tokenOf(login);
  }

  /** Gets new tokens; callers at the same time share one renewal. @returns {Promise<void>} */
  renew() {
    if (this.#renewal) return this.#renewal;
    const renewal = exclusively(() => this.#renewOnce()).finally(() => {
      if (this.#renewal === renewal) this.#renewal = null;
    });
    this.#renewal = renewal;
    return renewal;
  }

  /**
   * Takes the server's word that the token ends in so many milliseconds.
   *
   * It says so of every token that is good for a minute at most: that is known here, and the timer renews it in time.
   */
  expiring(milliseconds) {
    if (!this.#tokens) return;
    const now = Date.now();
    const isKnown = now < this.#renewAt && this.#tokens.accessUntil - now < milliseconds + SKEW;
    if (!isKnown) this.renew().catch(() => {});
  }

  /**
   * A REST call in the name of the user.
   *
   * @param {string} method
   * @param {string} path with its query
   * @param {object} [body]
   * @returns {Promise<object|null>} the answer's JSON, null for 204
   * @throws {ParleyError}
   */
  async request(method, path, body) {
    const login = this.#login;
    try {
      return await this.#fetch(method, path, body, await this.token());
    } catch (error) {
      // Invalid: the key that signed it may be gone, which the refresh token outlives.
      if (error.code !== "token_expired" && error.code !== "token_invalid") throw error;
      await this.renew();
      return this.#fetch(method, path, body, this.#tokenOf(login));
    }
  }

  /** What one user has asked for must not be done in the name of the next. */
  #tokenOf(login) {
    if (!this.#tokens || login !== this.#login) throw new ParleyError("signed_out");
    return this.#tokens.access;
  }

  async #renewOnce() {
    const login = this.#login;
    if (!this.#tokens) throw new ParleyError("signed_out");
    const stored = this.#store.load();
    const isNewer = stored && stored.refresh !== this.#tokens.refresh && stored.user.id === this.#tokens.user.id;
    if (isNewer && stored.accessUntil > this.#tokens.accessUntil) return this.#adopt(stored);

    const replaced = this.#tokens.refresh;
    try {
      const answer = await this.#fetch("POST", "/auth/refresh", { refresh_token: replaced });
      if (login !== this.#login) return;
      this.#adopt({ ...this.#tokens, ...tokensOf(answer) });
      this.#siblings?.postMessage({ replaced, tokens: this.#tokens });
    } catch (error) {
      if (login === this.#login) this.#notRenewed(error);
      throw error;
    }
  }

  #notRenewed(error) {
    if (error.status === 401 || error.status === 403) return this.forget();
    this.#renewIn(error.retryAfter ?? NEXT_RENEWAL);
  }

  #begin(tokens) {
    if (this.#tokens) this.#replaced();
    this.#login += 1;
    this.#renewal = null;
    this.#adopt(tokens);
  }

  #adopt(tokens) {
    this.#tokens = tokens;
    this.#store.save(tokens);
    const left = tokens.accessUntil - Date.now();
    this.#renewIn(Math.min(left - Math.min(90_000, left / 5), LONGEST_TIMER));
    this.#changed(tokens);
  }

  #renewIn(milliseconds) {
    clearTimeout(this.#timer);
    this.#renewAt = Date.now() + milliseconds;
    this.#timer = setTimeout(() => this.renew().catch(() => {}), milliseconds);
  }

  async #fetch(method, path, body, token) {
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token) headers.Authorization = `Bearer ${token}`;
    const signal = AbortSignal.timeout(path === "/auth/refresh" ? RENEWAL : ANSWER);
    let refused;
    try {
      const response = await fetch(this.#base + path, { method, headers, body: JSON.stringify(body), cache: "no-store", signal });
      if (response.ok) return response.status === 204 ? null : await response.json();
      refused = await ParleyError.ofResponse(response);
    } catch {
      if (signal.aborted) throw new ParleyError("timeout", "No answer came in time.", { retryable: true });
      throw new ParleyError("unreachable", "The server cannot be reached.", { retryable: true });
    }
    throw refused;
  }
}

/** @returns {Tokens} of the answer of `/auth/login`, `/auth/register` or `/auth/refresh` */
function tokensOf(answer) {
  const tokens = {
    access: answer.access_token,
    accessUntil: Date.now() + answer.expires_in * 1000,
    refresh: answer.refresh_token,
  };
  return answer.user ? { ...tokens, user: answer.user } : tokens;
}

/** One tab at a time, where the browser can tell (Web Locks need a secure context). */
function exclusively(work) {
  const locks = globalThis.navigator?.locks;
  return locks ? locks.request("parley-renewal", work) : work();
}
