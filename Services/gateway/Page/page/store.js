const KEY = "parley.session";
const OUTBOX = "parley.outbox";
const DRAFTS = "parley.drafts";

/**
 * Where the tokens live between visits: in this tab alone, so that two tabs can be two people, or, where the user
 * asked to stay signed in, on this device.
 */
export class TokenStore {
  /** Whether the next log-in stays on this device. */
  isLasting = false;

  load() {
    const own = read(sessionStorage);
    const lasting = read(localStorage);
    // A tab that was put away may come back with tokens that another has renewed since, and each is good for one use.
    const isNewer = own && lasting && lasting.user.id === own.user.id && lasting.accessUntil > own.accessUntil;
    return isNewer ? lasting : own ?? lasting;
  }

  save(tokens) {
    // What one tab renews or ends must not touch what another user keeps on this device.
    const lasting = read(localStorage);
    const isOurs = lasting && lasting.user.id === (tokens ?? read(sessionStorage) ?? lasting).user.id;
    if (tokens) {
      sessionStorage.setItem(KEY, JSON.stringify(tokens));
      if (this.isLasting || isOurs) localStorage.setItem(KEY, JSON.stringify(tokens));
    } else {
      sessionStorage.removeItem(KEY);
      sessionStorage.removeItem(OUTBOX);
      sessionStorage.removeItem(DRAFTS);
      if (isOurs) localStorage.removeItem(KEY);
    }
  }

  /** What this user had written in this tab, and nobody had answered yet. */
  loadOutbox(user) {
    return loadOf(user, OUTBOX);
  }

  saveOutbox(user, messages) {
    saveOf(user, OUTBOX, messages);
  }

  /** What this user had begun to write in this tab, and what was refused: `{room, draft, refused}` each. */
  loadDrafts(user) {
    return loadOf(user, DRAFTS);
  }

  saveDrafts(user, drafts) {
    saveOf(user, DRAFTS, drafts);
  }
}

function loadOf(user, key) {
  try {
    const saved = JSON.parse(sessionStorage.getItem(key));
    return saved?.user === user && Array.isArray(saved.messages) ? saved.messages : [];
  } catch {
    return [];
  }
}

function saveOf(user, key, messages) {
  try {
    if (messages.length > 0) sessionStorage.setItem(key, JSON.stringify({ user, messages }));
    else sessionStorage.removeItem(key);
  } catch {
    // The tab's storage is full: what is written now does not outlive the page.
  }
}

function read(storage) {
  try {
    const tokens = JSON.parse(storage.getItem(KEY));
    const isWhole = tokens?.access && tokens.refresh && tokens.user?.id && Number.isFinite(tokens.accessUntil);
    return isWhole ? tokens : null;
  } catch {
    return null;
  }
}
