internal import CLinux
internal import Glibc

/// One connected TCP socket on a loop, in the clear or by TLS.
///
/// Belongs to its loop. What is sent in a turn leaves in one call at the turn's end, or sooner where it is more than may
/// wait. The owner sets the callbacks before it returns to the loop; `onClose` is the last one called, exactly once, never
/// from within a call that the owner makes. With TLS nothing is received, and what is sent waits, until both sides have shaken
/// hands; the rest is the same for the owner, in what is counted and bounded too.
public final class Stream {
    /// The loop that owns this stream.
    public unowned let loop: EventLoop
    /// The other side.
    public let peer: SocketAddress

    /// Called with what was received; the bytes are good during the call only, and may be changed in place.
    public var onReceive: ((UnsafeMutableRawBufferPointer) -> Void)?
    /// Called once when all is over: `nil` after an orderly end or our own `close`.
    public var onClose: ((EngineError?) -> Void)?
    /// What idle connections have nobody to call for.
    var rare: RareCallbacks?

    /// How many bytes may wait to be sent; one more that the socket does not take closes with `sendQueueFull`.
    public var sendLimit = Int.max {
        didSet { drainMark = sendLimit / 4 }
    }
    /// How far the queue must fall for `onDrain`; a quarter of `sendLimit` unless it is set after that.
    public var drainMark = Int.max / 4
    /// How many reads there may be in a turn (without TLS), as long as each fills the loop's buffer and the turn owes
    /// little (`EventLoop.owe`).
    ///
    /// More than one for a peer who says much that is better handled together: where the turns are long, what one read
    /// brings would not be all that comes meanwhile.
    public var mostReads: UInt8 = 1

    private let descriptor: Int32
    private let tls: TLSSession?
    private var handshake: Handshake?
    private var watch: Watch?
    private var queue = SendQueue()
    private var isFlushScheduled = false
    private var isBlocked = false
    private var wasAboveMark = false
    private var isReading = true
    private var hasEnded = false
    private var endAfterFlush: End?
    private var isClosed = false

    private enum End { case writing, everything }

    /// Takes ownership of a connected, non-blocking descriptor, and shakes hands where there is a session.
    init(
        loop: EventLoop, descriptor: consuming FileDescriptor, peer: SocketAddress, tls: TLSSession? = nil
    ) throws(EngineError) {
        self.loop = loop
        self.peer = peer
        self.tls = tls
        descriptor.disableNagle()
        self.descriptor = descriptor.release()
        // All is set by now: where this fails, `deinit` closes, and nobody else may.
        let interest = tls?.interest(reading: true, writing: false) ?? .readable
        watch = try loop.watch(self.descriptor, interest) { [self] in ready($0) }
    }

    /// Its loop has ended before it was closed, or could not watch it.
    deinit {
        if !isClosed { Glibc.close(descriptor) }
    }

    /// The address of the other side, without the port.
    public var peerAddress: String { peer.host }
    /// Bytes that wait to be sent.
    public var queuedBytes: Int { queue.byteCount }
    /// Whether the stream takes bytes to send.
    public var isOpen: Bool { !isClosed && endAfterFlush == nil }

    // MARK: Sending

    /// Queues bytes that others may send too; they are not copied.
    public func send(_ bytes: SharedBytes) {
        guard isOpen else { return }
        queue.append(bytes)
        guard queue.byteCount <= sendLimit || relieve() else { return }
        if queue.byteCount > drainMark { wasAboveMark = true }
        scheduleFlush()
    }

    /// Sends early where more is queued than may wait: only what the socket does not take has to wait.
    ///
    /// A turn may bring more than the limit for somebody who reads as fast as can be. Closes where the rest is too much.
    private func relieve() -> Bool {
        if !isBlocked, handshake == nil, case .failed(let error) = write() {
            finish(error)
            return false
        }
        guard queue.byteCount > sendLimit else { return true }
        finish(.sendQueueFull)
        return false
    }

    /// Queues a copy of `bytes`.
    public func send(_ bytes: [UInt8]) { send(SharedBytes(bytes)) }

    /// Drops what is queued but for a buffer that has partly left: what is sent next follows that one whole.
    public func dropWaiting() { queue.removeWaiting() }

    /// Ends our half once all that is queued has left; receiving goes on.
    public func shutdownWrite() { end(.writing) }

    /// Closes once all that is queued has left.
    public func closeAfterFlush() { end(.everything) }

    /// Closes now and drops what is queued.
    public func close() { finish(nil) }

    private func end(_ end: End) {
        guard !isClosed else { return }
        endAfterFlush = end
        scheduleFlush()
    }

    private func scheduleFlush() {
        guard !isFlushScheduled, !isBlocked, handshake == nil else { return }
        isFlushScheduled = true
        loop.flushAtTurnEnd(self)
    }

    /// Writes what is queued, as far as the socket takes it.
    func flush() {
        isFlushScheduled = false
        guard !isClosed else { return }
        switch write() {
        case .drained:
            isBlocked = false
            performEnd()
        case .blocked:
            isBlocked = true
        case .failed(let error):
            return finish(error)
        }
        updateInterest()
        tellDrained()
    }

    private func write() -> SendQueue.Outcome {
        guard let tls else { return queue.write(to: descriptor) }
        return queue.write(to: tls, gatheringIn: loop.recordBuffer)
    }

    private func performEnd() {
        guard let end = endAfterFlush else { return }
        if case .again = tls?.sayGoodbye() {
            isBlocked = true
            return
        }
        switch end {
        case .writing:
            Glibc.shutdown(descriptor, Int32(SHUT_WR))
            let tell = rare?.onShutdown
            onShutdown = nil
            tell?()
        case .everything: finish(nil)
        }
    }

    private func tellDrained() {
        guard wasAboveMark, queue.byteCount <= drainMark else { return }
        wasAboveMark = false
        onDrain?()
    }

    // MARK: Receiving

    /// Stops reading: the kernel's buffer fills and the sender waits.
    public func pauseReading() {
        isReading = false
        updateInterest()
    }

    /// Reads again.
    public func resumeReading() {
        isReading = true
        updateInterest()
    }

    private func updateInterest() {
        guard !isClosed else { return }
        if let tls {
            watch?.update(tls.interest(reading: isReading && !hasEnded, writing: isBlocked))
            return
        }
        var interest: Interest = []
        if isReading, !hasEnded { interest.insert(.readable) }
        if isBlocked { interest.insert(.writable) }
        watch?.update(interest)
    }

    private func ready(_ readiness: Readiness) {
        if let handshake { return shakeHands(handshake) }
        let wasReading = isReading && !hasEnded
        if isBlocked, !readiness.isDisjoint(with: tls?.writeNeeds ?? .writable) { flush() }
        guard !isClosed else { return }
        if isReading, !hasEnded {
            if !readiness.isDisjoint(with: tls?.readNeeds ?? .readable) { receive() }
        } else if !wasReading, readiness == [.readable, .writable] {
            // An error or hang-up while nobody reads: the connection is gone both ways.
            finish(.closed)
        }
    }

    private func receive() {
        if let tls { return receive(from: tls) }
        for _ in 0..<mostReads {
            let count = Glibc.read(descriptor, loop.receiveBuffer.baseAddress, loop.receiveBuffer.count)
            if count > 0 {
                onReceive?(UnsafeMutableRawBufferPointer(rebasing: loop.receiveBuffer[..<count]))
            } else if count == 0 {
                endReceiving()
            } else if errno != EAGAIN, errno != EINTR {
                finish(.last("read"))
            }
            guard count == loop.receiveBuffer.count, isReading, !isClosed, !loop.owesMuch else { return }
        }
    }

    private func receive(from tls: TLSSession) {
        switch tls.read(into: loop.receiveBuffer) {
        case .done(let count):
            updateInterest()
            onReceive?(UnsafeMutableRawBufferPointer(rebasing: loop.receiveBuffer[..<count]))
        case .again: updateInterest()
        case .ended: endReceiving()
        case .failed(let error): finish(error)
        }
    }

    private func endReceiving() {
        hasEnded = true
        updateInterest()
        if let onEnd { onEnd() } else { finish(nil) }
    }

    // MARK: Shaking hands

    /// Shakes hands from now on, where there is a session: once, by the maker of the stream.
    ///
    /// The end of it is told by `done`, and before `onClose` where it is a bad one.
    func shakeHands(
        withinMilliseconds bound: Int, mayStep: @escaping () -> Bool = { true },
        _ done: @escaping (EngineError?) -> Void
    ) {
        guard tls != nil, !isClosed else { return }
        handshake = Handshake(
            timer: loop.schedule(afterMilliseconds: bound) { [weak self] in self?.abandonHandshake() },
            mayStep: mayStep, done: done)
    }

    /// Gives up on a handshake that takes too long.
    func abandonHandshake() {
        if handshake != nil { finish(.timeout) }
    }

    /// On its own, as most streams have long shaken hands, or never do.
    private final class Handshake {
        let timer: Timer
        let mayStep: () -> Bool
        let done: (EngineError?) -> Void

        init(timer: Timer, mayStep: @escaping () -> Bool, done: @escaping (EngineError?) -> Void) {
            self.timer = timer
            self.mayStep = mayStep
            self.done = done
        }
    }

    private func shakeHands(_ handshake: Handshake) {
        // The socket stays ready: the step is made in a later turn.
        guard let tls, handshake.mayStep() else { return }
        switch tls.handshake() {
        case .done:
            endHandshake(nil)
            updateInterest()
            if !queue.isEmpty || endAfterFlush != nil { scheduleFlush() }
        case .again: updateInterest()
        case .ended: finish(.closed)
        case .failed(let error):
            discardReceived()
            finish(error)
        }
    }

    private func endHandshake(_ error: EngineError?) {
        guard let handshake else { return }
        self.handshake = nil
        handshake.timer.cancel()
        handshake.done(error)
    }

    /// To close a socket with bytes unread resets the connection, and the other side may lose the alert that it was sent.
    private func discardReceived() {
        _ = Glibc.read(descriptor, loop.receiveBuffer.baseAddress, loop.receiveBuffer.count)
    }

    // MARK: The end

    private func finish(_ error: EngineError?) {
        guard !isClosed else { return }
        isClosed = true
        endHandshake(error ?? .closed)
        if error == nil, !queue.isInsideRecord { _ = tls?.sayGoodbye() }
        watch?.cancel()
        watch = nil
        queue.removeAll()
        Glibc.close(descriptor)
        loop.atTurnEnd { [self] in
            let tell = onClose
            onReceive = nil
            onClose = nil
            rare = nil
            tell?(error)
        }
    }
}
