import Engine

/// One connection from its connected socket to its end: commands go out, answers find their callers.
///
/// Belongs to its loop. It ends by itself when a command waits past its deadline: an answer that came late would
/// otherwise hold up, or be taken for, the next one's.
final class RedisConnection {
    typealias Done = (Result<RedisReply, RedisError>) -> Void

    /// Once set, what comes in is no answer to a command: the connection subscribes.
    var onPush: ((RedisReply) -> Void)?
    /// Called once, before the callers that still wait are told.
    var onClose: ((RedisError) -> Void)?

    /// Whether commands can be sent.
    private(set) var isOpen = true
    /// When something last came in.
    private(set) var lastHeard: Instant

    private let loop: EventLoop
    private let stream: Stream
    private let reader = ReplyReader()
    private var encoder = CommandEncoder()
    private var callers = CommandQueue<Done>()
    private var ticker: Timer?

    /// How many commands may wait for answers.
    static let maxWaiting = 100_000
    /// Half a megabyte a turn: what channels bring in some tens of milliseconds under load.
    ///
    /// Where rooms are large, a turn owes much after the first of these reads.
    private static let mostReads: UInt8 = 8
    /// How many bytes may wait for the socket.
    static let maxQueuedBytes = 256 << 20
    /// How long nothing may be heard before the connection is tried with a `PING`.
    static let idleMilliseconds = 10_000
    private static let pingTimeoutMilliseconds = 5_000
    private static let tickMilliseconds = 100

    init(loop: EventLoop, stream: Stream) {
        self.loop = loop
        self.stream = stream
        lastHeard = loop.now
        stream.sendLimit = Self.maxQueuedBytes
        stream.mostReads = Self.mostReads
        stream.onReceive = { [weak self] in self?.receive(UnsafeRawBufferPointer($0)) }
        stream.onClose = { [weak self] _ in self?.close(.disconnected) }
        ticker = loop.scheduleRepeating(everyMilliseconds: Self.tickMilliseconds) { [weak self] in
            self?.tick()
        }
    }

    /// Sends a command; `done` is called exactly once, at once where the command cannot be sent.
    func send(_ command: [RedisArgument], timeoutMilliseconds: Int, _ done: @escaping Done) {
        send([command], timeoutMilliseconds: timeoutMilliseconds, done)
    }

    /// Sends a command whose words are those of its parts one after another.
    func send(_ command: [[RedisArgument]], timeoutMilliseconds: Int, _ done: @escaping Done) {
        guard isOpen else { return done(.failure(.unavailable)) }
        guard callers.count < Self.maxWaiting else { return done(.failure(.overloaded)) }
        do throws(RedisError) {
            stream.send(try encoder.encode(command, SharedBytes.init(copying:)))
        } catch {
            return done(.failure(error))
        }
        callers.append(done, deadline: loop.now.advanced(byMilliseconds: timeoutMilliseconds).milliseconds)
    }

    /// Sends commands whose answers come by `onPush`, all in one buffer.
    func write(_ commands: [[RedisArgument]]) {
        guard isOpen else { return }
        var bytes: [UInt8] = []
        for command in commands {
            // A command too large is a bug of the caller's own constants: there is nobody to tell.
            try? encoder.encode([command]) { bytes.append(contentsOf: $0) }
        }
        stream.send(bytes)
    }

    /// Ends the connection; those who wait get `.timeout` where their time had run out, else `.disconnected`.
    func close(_ error: RedisError) {
        guard isOpen else { return }
        isOpen = false
        ticker?.cancel()
        stream.close()
        let lost = callers.removeAll(at: loop.now.milliseconds)
        let tell = onClose
        onClose = nil
        onPush = nil
        tell?(error)
        for (done, expired) in lost { done(.failure(expired ? .timeout : .disconnected)) }
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        lastHeard = loop.now
        do throws(RedisError) {
            try reader.receive(bytes) { reply in
                deliver(reply)
                return isOpen
            }
        } catch {
            close(error)
        }
    }

    private func deliver(_ reply: RedisReply) {
        if let onPush { return onPush(reply) }
        // An answer that nobody asked for: ours and Redis' counting differ, and no later answer can be trusted.
        guard let done = callers.next() else { return close(.protocolViolation) }
        let result = reply.result
        done(result)
        // The server has been made a replica: behind the same name there may be another primary. What was refused
        // together with this is answered first: it certainly changed nothing.
        guard case .failure(let error) = result, error.code == RedisError.replica.code else { return }
        loop.atTurnEnd { [weak self] in self?.close(error) }
    }

    private func tick() {
        guard !callers.hasExpired(at: loop.now.milliseconds) else { return close(.timeout) }
        guard onPush == nil, callers.isEmpty else { return }
        guard loop.now.milliseconds(since: lastHeard) >= Self.idleMilliseconds else { return }
        send(["PING"], timeoutMilliseconds: Self.pingTimeoutMilliseconds) { _ in }
    }
}
