/** What the page says: times, names, and errors in plain words. */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dateWithYear = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export const timeOf = (ts) => clock.format(ts);
export const fullTimeOf = (ts) => full.format(ts);

/** A key that is the same for all of one day. */
export const dayKey = (ts) => new Date(ts).toDateString();

export function dayOf(ts) {
  const today = new Date();
  if (dayKey(ts) === dayKey(today)) return "Today";
  if (dayKey(ts) === dayKey(new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1))) return "Yesterday";
  return (new Date(ts).getFullYear() === today.getFullYear() ? date : dateWithYear).format(ts);
}

const AWAY = "The service cannot be reached right now.";

const SENTENCES = {
  bus_unavailable: "The service is busy. Try again in a moment.",
  content_too_long: "This message is too long.",
  disconnected: "There is no connection right now.",
  forbidden: "You may not do this here.",
  http_502: AWAY,
  http_503: AWAY,
  http_504: AWAY,
  history_unavailable: "The archive cannot be reached right now.",
  invalid_credentials: "Wrong username or password.",
  muted: "You are muted in this room.",
  overloaded: "The service is busy. Try again in a moment.",
  rate_limited: "You are writing too fast.",
  room_denied: "There is no such room, or it is not open to you.",
  room_not_found: "There is no such room, or it is not open to you.",
  service_unavailable: AWAY,
  signed_out: "You have been signed out. Please sign in again.",
  slow_mode: "This room is in slow mode.",
  timeout: "No answer came in time.",
  token_expired: "Your session has ended. Please sign in again.",
  token_revoked: "Your session has ended. Please sign in again.",
  unreachable: "The server cannot be reached.",
  user_not_found: "There is nobody of that name.",
};

/** What is wrong with a field of a form, by the name and the word that auth says of it. */
const FIELDS = {
  "name too_short": "The name is empty.",
  "name too_long": "The name is too long.",
  "name invalid": "The name has a character that cannot be used.",
  "password too_short": "The password needs 8 characters or more.",
  "password too_long": "The password may have 256 characters at most.",
  "password invalid": "The password has a character that cannot be used.",
  "username invalid": "A username is 2 to 32 of a–z, 0–9, dot and hyphen; a letter or digit first.",
};

/**
 * An error as a sentence.
 *
 * @param {Object<string, string>} [own] by code: what a place says in other words
 */
export function sentenceOf(error, own = {}) {
  const told = (error.fields ?? []).map((each) => sentenceOfField(each, error)).filter(Boolean);
  if (told.length > 0) return told.join(" ");
  return (own[error.code] ?? SENTENCES[error.code] ?? ended(error.message)) + again(error.retryAfter);
}

/** What others say may be no more than a title. */
function ended(text) {
  if (!text) return "Something went wrong.";
  return isSentence(text) ? text : `${text}.`;
}

const isSentence = (text) => /[.!?…]$/.test(text);

/** Null where the error itself says more: also what is not a field's fault may name one. */
function sentenceOfField({ field, code, message }, error) {
  const isTold = error.code !== "invalid_field" || isSentence(error.message);
  return FIELDS[`${field} ${code}`] ?? message ?? (isTold ? null : `Something is wrong with “${field}”.`);
}

function again(milliseconds) {
  return milliseconds ? ` Try again in ${Math.ceil(milliseconds / 1000)} s.` : "";
}

/** Of a direct conversation `dm:{min}_{max}`: the other one of the two; else null. */
export function peerOf(room, me) {
  if (!room.startsWith("dm:")) return null;
  const [first, second] = room.slice(3).split("_");
  return first === me ? second : first;
}

/** The room of a direct conversation. */
export const directRoom = (one, other) => `dm:${[one, other].sort().join("_")}`;

/** People who type, as a line. */
export function typingLine(users) {
  if (users.length === 0) return "";
  if (users.length === 1) return `${users[0]} is typing…`;
  if (users.length === 2) return `${users[0]} and ${users[1]} are typing…`;
  return "Several people are typing…";
}
