internal import COpenSSL
internal import Glibc

/// TLS over one non-blocking socket: bytes in the clear on our side, records on the other.
///
/// Belongs to the stream that owns the socket. Nothing here waits: a call that cannot go on says for what the
/// socket must be ready, which need not be the direction of the call (a write may have to read first).
final class TLSSession {
    enum Side { case server, client }

    enum Outcome {
        /// So many bytes were read or written.
        case done(Int)
        /// To be called again, with the same bytes at least, once the socket is ready.
        case again
        /// The other side has ended its half (close_notify).
        case ended
        /// The session is broken, and cannot be used any more.
        case failed(EngineError)
    }

    /// Whether both sides know each other, and bytes can pass.
    private(set) var isEstablished = false
    /// For what the socket must be ready before `handshake` is worth a call.
    private(set) var handshakeNeeds: Interest
    /// For what before `read` is.
    private(set) var readNeeds = Interest.readable
    /// For what before `write` or `sayGoodbye` is, once one of them could not go on.
    private(set) var writeNeeds = Interest.writable

    private let session: OpaquePointer
    private var isBroken = false
    private var hasSaidGoodbye = false

    /// The largest content of a record (RFC 8446, 5.1): no call writes more at once.
    static let recordBytes = 16_384

    /// Takes ownership of OpenSSL's object.
    init(_ session: OpaquePointer, _ side: Side) {
        self.session = session
        switch side {
        case .server:
            SSL_set_accept_state(session)
            handshakeNeeds = .readable
        case .client:
            SSL_set_connect_state(session)
            handshakeNeeds = .writable
        }
    }

    deinit { SSL_free(session) }

    /// What to watch the socket for.
    func interest(reading: Bool, writing: Bool) -> Interest {
        guard isEstablished else { return handshakeNeeds }
        return (reading ? readNeeds : []).union(writing ? writeNeeds : [])
    }

    /// The next step of the handshake; `done` when it was the last.
    func handshake() -> Outcome {
        let outcome = perform(needing: \.handshakeNeeds, else: .readable) { SSL_do_handshake($0) }
        if case .done = outcome { isEstablished = true }
        return outcome
    }

    /// Takes in at most one record; `again` too where that was none of ours to read, such as one of new keys.
    ///
    /// No part of it stays behind in a buffer of 16 KiB or more, so what is left to read is always visible on the socket.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        perform(needing: \.readNeeds, else: .readable) {
            SSL_read($0, buffer.baseAddress, Int32(clamping: buffer.count))
        }
    }

    /// Writes at most one record's worth of `bytes`.
    ///
    /// After `again` the next call must begin with the same bytes, at least as many: they are sealed already.
    func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        perform(needing: \.writeNeeds, else: .writable) {
            SSL_write($0, bytes.baseAddress, Int32(min(bytes.count, TLSSession.recordBytes)))
        }
    }

    /// Tells the other side that nothing more comes from here (close_notify); once is enough.
    func sayGoodbye() -> Outcome {
        guard isEstablished, !isBroken, !hasSaidGoodbye else { return .done(0) }
        let outcome = perform(needing: \.writeNeeds, else: .writable) { session in
            // 0: it has left, and the other side's has not come yet, for which nobody waits.
            SSL_shutdown(session) >= 0 ? 1 : -1
        }
        if case .done = outcome { hasSaidGoodbye = true }
        return outcome
    }

    private func perform(
        needing needs: ReferenceWritableKeyPath<TLSSession, Interest>, else usual: Interest,
        _ call: (OpaquePointer) -> Int32
    ) -> Outcome {
        guard !isBroken else { return .failed(.closed) }
        // What others left in the thread's queue would be taken for the reason of this call.
        ERR_clear_error()
        errno = 0
        let result = call(session)
        self[keyPath: needs] = usual
        guard result <= 0 else { return .done(Int(result)) }
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: self[keyPath: needs] = .readable
        case SSL_ERROR_WANT_WRITE: self[keyPath: needs] = .writable
        case SSL_ERROR_ZERO_RETURN: return .ended
        case let code:
            isBroken = true
            return .failed(TLSFailure.error(code, of: session))
        }
        return .again
    }
}
