/**
 * What went wrong, by the stable words of the protocol.
 *
 * `code` is one of the protocol's codes, or one of the client's own: `disconnected` (the connection ended before
 * the answer), `timeout` (no answer came), `unreachable` (the network failed), `signed_out`.
 */
export class ParleyError extends Error {
  /**
   * @param {string} code stable word
   * @param {string} [message] for people
   * @param {{status?: number, retryable?: boolean, retryAfter?: number, uncertain?: boolean, fields?: object[],
   *   scope?: string, rateLimit?: object}} [more] `retryAfter` in milliseconds; `uncertain`: the message may have been
   *   accepted all the same; `fields`: what is wrong where, `{field, code, message?}` each; `scope` and `rateLimit`:
   *   whose limit it is (`user`, `room`, …), and `{messages_sent, max_messages, time_until_reset}`
   */
  constructor(code, message, more = {}) {
    super(message || code);
    this.name = "ParleyError";
    this.code = code;
    this.status = more.status ?? 0;
    this.retryable = more.retryable ?? false;
    this.retryAfter = more.retryAfter ?? null;
    this.uncertain = more.uncertain ?? false;
    this.fields = more.fields ?? [];
    this.scope = more.scope ?? null;
    this.rateLimit = more.rateLimit ?? null;
  }

  /** Makes an error of the data of an `error`, `message_error` or `rate_limit_exceeded` frame. */
  static ofFrame(frame) {
    const data = frame.data ?? {};
    const limited = frame.type === "rate_limit_exceeded";
    return new ParleyError(limited ? "rate_limited" : data.code ?? "internal_error", data.error, {
      retryable: limited || data.retryable === true,
      retryAfter: data.retry_after_ms,
      fields: typeof data.field === "string" ? [{ field: data.field, code: data.code }] : [],
      scope: data.scope,
      rateLimit: data.rate_limit_info,
    });
  }

  /** Makes an error of an answer that is not a success (RFC 9457 where the service wrote it). */
  static async ofResponse(response) {
    const problem = await response.json().catch(() => ({}));
    const seconds = Number(response.headers.get("Retry-After"));
    return new ParleyError(problem.code ?? `http_${response.status}`, problem.detail ?? problem.title, {
      status: response.status,
      retryable: response.status === 429 || response.status >= 500,
      retryAfter: seconds > 0 ? seconds * 1000 : null,
      fields: Array.isArray(problem.errors) ? problem.errors : [],
    });
  }
}
