/** The rules of coming back, apart from the doing: nothing here has a timer or a socket. */

const BASE = 500;
const CAP = 30_000;

/**
 * How long to wait before the next attempt: exponential with full jitter, so that the clients of a gateway that
 * went away do not all return at once.
 *
 * @param {number} attempt failed attempts in a row before this one, from 0
 * @param {() => number} random
 * @returns {number} milliseconds
 */
export function backoff(attempt, random = Math.random) {
  return Math.round(random() * Math.min(CAP, BASE * 2 ** Math.min(attempt, 16)));
}

/**
 * What a close means (protocol 4.4).
 *
 * @param {number} code
 * @param {string} reason
 * @returns {"retry"|"renew"|"signed_out"|"stop"} `renew`: get a new access token first
 */
export function afterClose(code, reason) {
  switch (code) {
    case 1000:
    case 1002:
    case 1003:
    case 1007:
    case 1009:
    case 1010:
      return "stop";
    case 1008:
      if (reason === "token_revoked") return "signed_out";
      return reason.startsWith("token_") ? "renew" : "stop";
    default:
      return "retry";
  }
}
