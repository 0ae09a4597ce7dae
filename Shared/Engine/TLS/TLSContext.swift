internal import COpenSSL

/// What the sessions of one side have in common: protocol versions, ciphers, keys, trust.
///
/// OpenSSL counts references: a session keeps the context that it was made of, whatever its owner uses by now.
final class TLSContext: @unchecked Sendable {
    // Unchecked: set up before anybody else sees it, and OpenSSL's contexts may make sessions on any thread.
    let pointer: OpaquePointer

    /// The ciphers of TLS 1.2: forward secret and authenticated (RFC 9325, 4.2).
    ///
    /// Those of TLS 1.3 are good as they come.
    private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"

    init(_ method: OpaquePointer?) throws(EngineError) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(method) else { throw .tls(TLSFailure.reason()) }
        self.pointer = pointer
        SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_set_options(pointer, parley_ssl_options)
        guard SSL_CTX_set_cipher_list(pointer, TLSContext.ciphers) == 1 else {
            throw .tls(TLSFailure.reason())
        }
        // Our buffers move between two tries, a record may leave in parts, and who is idle holds no buffers.
        let modes = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
        SSL_CTX_ctrl(pointer, SSL_CTRL_MODE, Int(modes) | Int(SSL_MODE_RELEASE_BUFFERS), nil)
        // A read returns after each record: one that goes on to the next while those bring nothing (new keys, say)
        // would let whoever sends them without end keep the loop for themselves.
        SSL_CTX_ctrl(pointer, SSL_CTRL_CLEAR_MODE, Int(SSL_MODE_AUTO_RETRY), nil)
        // Sessions come back by tickets, which the client keeps: nothing is remembered here.
        SSL_CTX_ctrl(pointer, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    }

    deinit { SSL_CTX_free(pointer) }

    /// A session over a connected socket, which stays the caller's to close; `prepare` is lent OpenSSL's object.
    func makeSession(
        _ side: TLSSession.Side, over descriptor: Int32,
        _ prepare: (OpaquePointer) throws(EngineError) -> Void = { (_) throws(EngineError) in }
    ) throws(EngineError) -> TLSSession {
        ERR_clear_error()
        guard let session = SSL_new(pointer) else { throw .tls(TLSFailure.reason()) }
        // From here on it is freed with its owner.
        let owner = TLSSession(session, side)
        guard SSL_set_fd(session, descriptor) == 1 else { throw .tls(TLSFailure.reason()) }
        try prepare(session)
        return owner
    }
}
