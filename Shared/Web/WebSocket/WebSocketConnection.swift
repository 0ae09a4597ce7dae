public import Engine

/// One WebSocket over a stream, as the server sees it.
///
/// Belongs to its loop. The owner is set before one returns to the loop, and hears `closed` exactly once, from the
/// loop and never from within a call of its own; after it nothing is delivered, though the stream may live on for the
/// close handshake. An idle connection holds no receive buffer.
public final class WebSocketConnection {
    /// Who is told what happens here; held until the socket is closed.
    public var owner: (any WebSocketOwner)?

    /// When bytes last came from the peer, or when they last could after a time in which nothing was read.
    public private(set) var lastHeard: Instant
    /// How many bytes may wait to be sent: with more for longer than a turn, it closes 1013 `slow_consumer`.
    public var sendLimit: Int {
        didSet { bound(sendLimit) }
    }

    /// What is taken of what the peer sends; until it is closed.
    public var intake = Intake.open {
        didSet { if intake != oldValue, handshake.isOpen { intakeChanged() } }
    }

    private let stream: Stream
    private var limits: WebSocketLimits { assembler.limits }
    private let compression: ConnectionCompression?
    private var decoder: FrameDecoder
    private var assembler: MessageAssembler
    private var handshake = CloseHandshake()
    private var lingerTimer: Timer?
    /// What was read and not taken apart yet; meanwhile nothing is read.
    private var kept: [UInt8] = []
    private var willTakeKept = false
    /// What this turn has taken apart so far, in bytes.
    private var work = 0
    private var hasOverflowed = false
    /// Whether the owner knows that the conversation is over.
    private var isOver = false
    private var isGone = false

    /// Takes over an upgraded stream; what had come with the upgrade is delivered at the end of this turn.
    public convenience init(_ upgraded: UpgradedStream, limits: WebSocketLimits = WebSocketLimits()) {
        self.init(upgraded, limits: limits, compression: nil)
    }

    init(_ upgraded: UpgradedStream, limits: WebSocketLimits, compression: ConnectionCompression?) {
        stream = upgraded.stream
        self.compression = compression
        decoder = FrameDecoder(limits: limits, allowsRSV1: compression != nil)
        assembler = MessageAssembler(limits: limits)
        lastHeard = upgraded.stream.loop.now
        sendLimit = limits.queuedBytes
        bound(limits.queuedBytes)
        // The stream holds this object until it closes; it lets go of the closures then.
        stream.onReceive = { [self] in receive($0) }
        stream.onClose = { [self] _ in streamClosed() }
        guard !upgraded.leftover.isEmpty else { return }
        stream.loop.atTurnEnd { [self] in
            var leftover = upgraded.leftover
            leftover.withUnsafeMutableBytes(receive)
        }
    }

    /// The loop that owns this connection.
    public var loop: EventLoop { stream.loop }
    /// The address of the peer of the socket, which may be a proxy.
    public var peerAddress: String { stream.peerAddress }
    /// Bytes that wait to be sent.
    public var queuedBytes: Int { stream.queuedBytes }
    /// Whether so little waits that a reader of something long may go on; where not, its owner hears `drained()`.
    public var hasRoom: Bool { stream.queuedBytes <= stream.drainMark }
    /// Whether messages are delivered and may be sent.
    public var isOpen: Bool { handshake.isOpen }

    // MARK: Sending

    /// Sends a message that others may be sent too, compressed where that was agreed and gains something.
    public func send(_ message: MessageFrame) {
        guard handshake.isOpen else { return }
        send(compression?.bytes(of: message) ?? message.plain)
    }

    /// Sends a frame made by `FrameEncoder` as it is; it is not copied.
    public func send(_ frame: SharedBytes) {
        guard handshake.isOpen else { return }
        stream.send(frame)
        checkQueue()
    }

    /// Sends a text message; the bytes must be UTF-8.
    public func sendText(_ text: [UInt8]) {
        // What only this peer gets and nothing compresses needs nobody who keeps its variants.
        if compression == nil { send(FrameEncoder.text(text)) } else { send(MessageFrame(text: text)) }
    }

    /// Sends a binary message.
    public func sendBinary(_ bytes: UnsafeRawBufferPointer) { send(MessageFrame(binary: bytes)) }

    /// Asks whether the peer lives; anything it sends moves `lastHeard`.
    public func ping() { send(WebSocketConnection.emptyPing) }

    /// Closes with a code and a stable word; nothing is delivered from here on.
    ///
    /// With `droppingQueued` the close frame goes ahead of all that waits, as for a client that reads too slowly
    /// to be told otherwise.
    public func close(_ code: CloseCode, reason: String, droppingQueued: Bool = false) {
        guard handshake.isOpen else { return }
        if droppingQueued { stream.dropWaiting() }
        perform(handshake.close(code, reason))
    }

    /// Drops the connection without a word, as for a peer that answers nothing.
    public func abort() { stream.close() }

    /// Whether something was read and is not delivered yet.
    public var hasUndelivered: Bool { !kept.isEmpty }

    private static let emptyPing = FrameEncoder.ping()

    private func bound(_ limit: Int) {
        stream.sendLimit = WebSocketConnection.hardLimit(limit)
        stream.drainMark = limit / 4
    }

    /// The stream's own bound stands above ours, so that the close frame still has its place in the queue.
    private static func hardLimit(_ limit: Int) -> Int {
        let (sum, isOver) = limit.addingReportingOverflow(max(limit, 1 << 20))
        return isOver ? .max : sum
    }

    private func checkQueue() {
        guard !hasRoom else { return }
        // Most readers are never so far behind that they would have to be waited for.
        if stream.onDrain == nil { stream.onDrain = { [self] in if !isOver { owner?.drained() } } }
        guard stream.queuedBytes > sendLimit, !hasOverflowed else { return }
        hasOverflowed = true
        // The owner may be in the midst of a loop over receivers: it is told after it.
        loop.atTurnEnd { [self] in
            guard handshake.isOpen else { return }
            // What one turn brought may have left at its end: nobody is slow then.
            guard stream.queuedBytes > sendLimit else { return hasOverflowed = false }
            close(.tryAgainLater, reason: "slow_consumer", droppingQueued: true)
        }
    }

    // MARK: Receiving

    /// How much one connection may have taken apart in a turn, in bytes: all others of the loop wait for it.
    ///
    /// What one read brings in clear is far less; compressed, it may be a thousand times as long.
    private static let turnWork = 256 << 10
    /// What a frame counts for besides, so that as many empty ones are as much.
    private static let frameWork = 128

    private func receive(_ bytes: UnsafeMutableRawBufferPointer) {
        lastHeard = loop.now
        take(bytes, heldBefore: heldBytes)
    }

    /// Takes apart as much as a turn may, and keeps the rest.
    private func take(_ bytes: UnsafeMutableRawBufferPointer, heldBefore: Int) {
        defer { if heldBytes != heldBefore, !isOver { owner?.held(bytes: heldBytes) } }
        var rest = bytes
        work = 0
        do throws(WebError) {
            while handshake.isOpen, intake != .held, work < WebSocketConnection.turnWork,
                let part = try decoder.next(&rest)
            {
                if part.isStart {
                    work &+= WebSocketConnection.frameWork
                    owner?.frameBegan()
                }
                guard let event = try assembler.take(part) else { continue }
                try deliver(event)
            }
        } catch {
            return perform(handshake.failed(error))
        }
        if !rest.isEmpty, handshake.isOpen { keep(rest) }
    }

    private var heldBytes: Int { assembler.heldBytes + kept.count }

    private func keep(_ rest: UnsafeMutableRawBufferPointer) {
        kept = Array(rest)
        stream.pauseReading()
        takeKeptSoon()
    }

    /// Goes on in a later turn, after others have had theirs: what is due at once would come before them.
    private func takeKeptSoon() {
        guard intake != .held, !willTakeKept else { return }
        willTakeKept = true
        loop.schedule(afterMilliseconds: 1) { [self] in
            willTakeKept = false
            guard intake != .held, handshake.isOpen else { return }
            // As it is not read from meanwhile, what it says now cannot be heard.
            lastHeard = loop.now
            let held = heldBytes
            var bytes = kept
            kept = []
            bytes.withUnsafeMutableBytes { take($0, heldBefore: held) }
            if handshake.isOpen { settleIntake() }
        }
    }

    private func intakeChanged() {
        // Not read from before, it could not be heard.
        if intake == .open { lastHeard = loop.now }
        settleIntake()
    }

    private func settleIntake() {
        if intake == .open, kept.isEmpty { stream.resumeReading() } else { stream.pauseReading() }
        if !kept.isEmpty { takeKeptSoon() }
    }

    private func deliver(_ event: MessageAssembler.Event) throws(WebError) {
        switch event {
        case .text(let text): text.withUnsafeBytes { owner?.received(text: $0) }
        case .binary(let bytes): bytes.withUnsafeBytes { owner?.received(binary: $0) }
        case .deflated(let isText, let payload): try deliver(try inflated(isText: isText, payload))
        case .ping(let payload): send(payload.withUnsafeBytes(FrameEncoder.pong))
        case .pong(let payload): payload.withUnsafeBytes { owner?.ponged($0) }
        case .close(let frame): perform(handshake.received(frame))
        }
    }

    /// A compressed message in clear; text is checked in one go.
    private func inflated(
        isText: Bool, _ payload: MessageAssembler.Payload
    ) throws(WebError) -> MessageAssembler.Event {
        guard let compression = compression?.compression else { throw .invalidDeflate }
        // Typed throws do not pass through the generic closure; the result does.
        let result: Result<MessageAssembler.Payload, WebError> = payload.withUnsafeBytes { bytes in
            do throws(WebError) {
                return .success(try compression.inflate(bytes, limit: limits.maxMessageBytes))
            } catch {
                return .failure(error)
            }
        }
        let message = try result.get()
        work &+= message.withUnsafeBytes(\.count)
        guard isText else { return .binary(message) }
        var utf8 = UTF8Check()
        guard message.withUnsafeBytes({ utf8.check($0) }), utf8.isComplete else { throw .invalidUTF8 }
        return .text(message)
    }

    // MARK: The end

    private func perform(_ actions: [CloseHandshake.Action]) {
        for action in actions {
            switch action {
            case .send(let frame): stream.send(FrameEncoder.close(frame))
            case .linger: linger()
            case .closeTransport: stream.close()
            case .report(let info): loop.atTurnEnd { [self] in report(info) }
            }
        }
    }

    private func linger() {
        // Nothing is delivered any more: what was held is let go of at once.
        assembler = MessageAssembler(limits: limits)
        kept = []
        stream.shutdownWrite()
        stream.resumeReading()
        readOn(attempts: limits.maxLingers)
    }

    /// Waits for the peer's end; a close frame that has not left yet gets more time, but not for ever.
    private func readOn(attempts: Int) {
        lingerTimer = loop.schedule(afterMilliseconds: limits.lingerMilliseconds) { [self] in
            guard stream.queuedBytes > 0, attempts > 1 else { return perform(handshake.lingered()) }
            readOn(attempts: attempts - 1)
        }
    }

    private func streamClosed() {
        isGone = true
        kept = []
        lingerTimer?.cancel()
        perform(handshake.lost())
        let gone = owner
        if isOver { owner = nil }
        gone?.gone()
    }

    private func report(_ info: CloseInfo) {
        let closed = owner
        isOver = true
        if isGone { owner = nil }
        closed?.closed(info)
    }
}
