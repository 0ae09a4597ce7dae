public import Bus
public import Redis
public import Schema
public import Web

extension Problem {
    /// The answer with one of the stable codes; what may succeed later says when to try again.
    public init(_ code: ErrorCode, retryAfterSeconds: Int? = nil) {
        let status = Status(code.httpStatus)
        let mustWait = status == .serviceUnavailable || status == .tooManyRequests
        self.init(
            status, code.rawValue, detail: code.text,
            retryAfterSeconds: retryAfterSeconds ?? (mustWait ? 1 : nil),
            headers: status == .unauthorized ? ["WWW-Authenticate": Problem.challenge(code)] : [:])
    }

    /// The answer to somebody who is not believed.
    public init(_ failure: AuthenticationFailure) {
        self.init(failure.code)
    }

    /// The answer where another part of the cluster did not answer, or refused.
    ///
    /// For requests without an effect: whatever failed on the way, whoever asks may simply ask again.
    public init(_ error: BusError) {
        switch error.code {
        case .busUnavailable, .timeout: self.init(ErrorCode.serviceUnavailable)
        case let code: self.init(code)
        }
    }

    /// The answer where Redis did not answer.
    public init(_ error: RedisError) {
        self.init(BusError.redis(error))
    }

    /// 422 for one member of a query that is at fault.
    public static func invalid(_ field: String, _ code: String, _ message: String? = nil) -> Problem {
        .invalidFields([FieldError(field, code, message: message)])
    }

    /// RFC 6750, section 3: an error is named only where a token was shown.
    private static func challenge(_ code: ErrorCode) -> String {
        switch code {
        case .tokenInvalid, .tokenExpired, .tokenRevoked:
            #"Bearer realm="parley", error="invalid_token", error_description="\#(code.text)""#
        default: #"Bearer realm="parley""#
        }
    }
}
