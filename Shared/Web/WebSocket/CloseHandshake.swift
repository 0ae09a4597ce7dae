/// How a WebSocket ended.
public struct CloseInfo: Sendable, Equatable {
    /// Who ended it.
    public enum Side: Sendable {
        /// We closed, or refused what the peer sent.
        case local
        /// The peer sent a close frame.
        case peer
        /// The connection broke or ended without a close frame.
        case lost
    }

    /// The code: sent or received, 1005 for none, 1006 for a lost connection.
    public let code: CloseCode
    /// The reason: the word sent, or the text received.
    public let reason: String
    /// Who ended it.
    public let side: Side
    /// What the peer did wrong, where that was why.
    public let error: WebError?

    /// Says how it ended.
    public init(code: CloseCode, reason: String, side: Side, error: WebError? = nil) {
        self.code = code
        self.reason = reason
        self.side = side
        self.error = error
    }
}

/// The order of things at the end of a WebSocket (RFC 6455, 7); pure.
///
/// Whoever begins: one close frame of ours, then our half is shut, then we read on and discard until the peer
/// ends its half or the time is up. Closing at once with unread bytes would make the kernel send a reset, which
/// can destroy our close frame on its way, and a client in mid-send would never see why.
///
///     open ──close / received / failed──▶ lingering ──ended / time is up──▶ closed
///       └──────────────lost─────────────────────────────────────────────────▲
public struct CloseHandshake: Sendable {
    /// What is to be done, in this order.
    public enum Action: Sendable, Equatable {
        /// Tell the owner; nothing is delivered any more.
        case report(CloseInfo)
        /// Send a close frame.
        case send(CloseFrame)
        /// Shut our half once that has left, and start the time for reading on.
        case linger
        /// Close the connection.
        case closeTransport
    }

    private enum State { case open, lingering, closed }
    private var state = State.open

    /// Makes the state of an open connection.
    public init() {}

    /// Whether messages are delivered and may be sent.
    public var isOpen: Bool { state == .open }

    /// We close.
    public mutating func close(_ code: CloseCode, _ reason: String) -> [Action] {
        let frame = CloseFrame(code: code, reason: reason)
        return begin(frame, CloseInfo(code: code, reason: frame.reason, side: .local))
    }

    /// The peer broke a rule.
    public mutating func failed(_ error: WebError) -> [Action] {
        let (code, reason) = error.close
        let info = CloseInfo(code: code, reason: reason, side: .local, error: error)
        return begin(CloseFrame(code: code, reason: reason), info)
    }

    /// The peer sent a close frame: its code goes back (5.5.1), an orderly end with the word for it.
    public mutating func received(_ frame: CloseFrame) -> [Action] {
        let info = CloseInfo(code: frame.code ?? .noStatus, reason: frame.reason, side: .peer)
        return begin(CloseFrame(code: frame.code, reason: frame.code == .normal ? "bye" : ""), info)
    }

    /// The time for reading on is up.
    public mutating func lingered() -> [Action] {
        guard state == .lingering else { return [] }
        state = .closed
        return [.closeTransport]
    }

    /// The connection is gone; `info` only where nobody had closed before.
    public mutating func lost() -> [Action] {
        defer { state = .closed }
        guard state == .open else { return [] }
        return [.report(CloseInfo(code: .abnormal, reason: "", side: .lost))]
    }

    private mutating func begin(_ frame: CloseFrame, _ info: CloseInfo) -> [Action] {
        guard state == .open else { return [] }
        state = .lingering
        return [.send(frame), .linger, .report(info)]
    }
}
