import Bus
import Schema
import Web

extension Problem {
    /// The problem document of a code.
    init(_ code: ErrorCode) {
        let status = Status(code.httpStatus)
        self.init(
            status, code.rawValue, title: code.text,
            retryAfterSeconds: status == .serviceUnavailable ? 2 : nil)
    }

    /// The problem document of somebody who is not believed (RFC 6750, section 3).
    init(_ failure: AuthenticationFailure) {
        self.init(failure.code)
        switch failure {
        case .missing: headers["WWW-Authenticate"] = "Bearer"
        case .invalid, .expired, .revoked: headers["WWW-Authenticate"] = #"Bearer error="invalid_token""#
        case .unavailable: break
        }
    }
}
