import Bus
import Redis
import Schema
import Web

extension Problem {
    /// The problem of a code; what may succeed later says when to try again.
    init(_ code: ErrorCode, headers: Headers = [:]) {
        let status = Status(code.httpStatus)
        self.init(
            status, code.rawValue, detail: code.text,
            retryAfterSeconds: status == .serviceUnavailable ? 1 : nil, headers: headers)
    }

    /// Why somebody is not believed (RFC 6750, 3).
    init(_ failure: AuthenticationFailure) {
        switch failure {
        case .unavailable: self.init(failure.code)
        case .missing: self.init(failure.code, headers: ["WWW-Authenticate": "Bearer"])
        case .invalid, .expired, .revoked:
            self.init(failure.code, headers: ["WWW-Authenticate": #"Bearer error="invalid_token""#])
        }
    }

    /// Why another part of the cluster did not answer; reading takes no effect, so a late answer is none.
    init(_ error: BusError) {
        self.init(error.code == .timeout ? .serviceUnavailable : error.code)
    }

    /// Why Redis did not answer.
    init(_ error: RedisError) {
        self.init(BusError.redis(error))
    }

    /// One member of a query that is at fault.
    static func invalid(_ field: String, _ code: String, _ message: String? = nil) -> Problem {
        .invalidFields([FieldError(field, code, message: message)])
    }
}
