import Bus
import Engine
import Postgres
import Redis
import Schema
import Web

extension Problem {
    /// The answer to a failure of any part of the service; nil where it is our own bug.
    init?(reporting error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let code as ErrorCode: self.init(code)
        case let failure as AuthenticationFailure: self.init(failure.code)
        case EngineError.overloaded: self.init(ErrorCode.overloaded)
        case let error as PostgresError where error.isTransient: self.init(ErrorCode.serviceUnavailable)
        case PostgresError.closed: self.init(ErrorCode.serviceUnavailable)
        case is RedisError: self.init(ErrorCode.serviceUnavailable)
        default: return nil
        }
    }

    /// The answer with one of the stable codes.
    init(_ code: ErrorCode, retryAfterSeconds: Int? = nil) {
        let status = Status(code.httpStatus)
        let mustWait = status == .serviceUnavailable || status == .tooManyRequests
        self.init(
            status, code.rawValue, detail: code.text,
            retryAfterSeconds: retryAfterSeconds ?? (mustWait ? 1 : nil),
            headers: status == .unauthorized ? ["WWW-Authenticate": Problem.challenge(code)] : [:])
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
