internal import COpenSSL
internal import Glibc

/// OpenSSL's reasons in our words; it keeps them in a queue of the thread.
enum TLSFailure {
    /// Why the last call failed, such as "wrong version number".
    static func reason() -> String {
        text(of: ERR_peek_error()) ?? "failed"
    }

    /// What ended a session whose last call gave this code of `SSL_get_error`.
    static func error(_ code: Int32, of session: OpaquePointer) -> EngineError {
        let systemCode = errno
        let queued = ERR_peek_error()
        guard code == SSL_ERROR_SSL, queued != 0 else {
            return systemCode == 0 || systemCode == EAGAIN
                ? .closed : .system(call: "tls", code: systemCode)
        }
        // The other side left without close_notify: what it sent may be cut (RFC 8446, 6.1).
        if ERR_GET_REASON(queued) == SSL_R_UNEXPECTED_EOF_WHILE_READING { return .closed }
        let reason = text(of: queued) ?? "failed"
        let verdict = SSL_get_verify_result(session)
        guard verdict != X509_V_OK, let detail = X509_verify_cert_error_string(verdict) else {
            return .tls(reason)
        }
        return .tls("\(reason): \(String(cString: detail))")
    }

    private static func text(of code: UInt) -> String? {
        ERR_reason_error_string(code).map { String(cString: $0) }
    }
}
