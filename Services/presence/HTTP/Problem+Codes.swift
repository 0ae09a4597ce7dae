import Bus
import Redis
import Schema
import Web

extension Problem {
    /// The problem of a code; what may succeed later says when to try again.
    init(_ code: ErrorCode) {
        let status = Status(code.httpStatus)
        self.init(
            status, code.rawValue, detail: code.text,
            retryAfterSeconds: status == .serviceUnavailable ? 1 : nil,
            headers: status == .unauthorized ? ["WWW-Authenticate": Problem.challenge(code)] : [:])
    }

    /// Why another part of the cluster did not answer; reading takes no effect, so whoever asks may ask again.
    init(_ error: BusError) {
        switch error {
        case .redis, .timeout: self.init(ErrorCode.serviceUnavailable)
        case .refused(let code): self.init(code)
        case .malformed: self.init(ErrorCode.internalError)
        }
    }

    /// Why Redis did not answer.
    init(_ error: RedisError) {
        self.init(BusError.redis(error))
    }

    /// RFC 6750, section 3: an error is named only where a token was shown.
    private static func challenge(_ code: ErrorCode) -> String {
        switch code {
        case .tokenInvalid, .tokenExpired, .tokenRevoked:
            #"Bearer realm="parley", error="invalid_token", error_description="\#(code.text)""#
        default: #"Bearer realm="parley""#
        }
    }

    /// One member of a query that is at fault.
    static func invalid(_ field: String, _ code: String, _ message: String? = nil) -> Problem {
        .invalidFields([FieldError(field, code, message: message)])
    }
}
