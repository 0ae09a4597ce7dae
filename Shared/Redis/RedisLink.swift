import Engine

/// Keeps one connection up: connect, greet, hand it over, and after its end the same again.
///
/// ```
/// start ─→ connecting ─→ greeting ─→ up ─→ waiting (backoff, full jitter) ─→ connecting …
///              └──────────────┴────────────────┘
/// ```
/// Belongs to its loop. After `close` nothing is called any more.
final class RedisLink {
    /// A greeted connection is there.
    var onUp: ((RedisConnection, ServerIdentity) -> Void)?
    /// The connection that `onUp` gave is gone.
    var onDown: ((RedisError) -> Void)?
    /// There is none, for a reason that differs from the last try's; it names no password.
    var onFailure: ((String) -> Void)?

    /// The greeted connection, while there is one.
    private(set) var connection: RedisConnection?
    /// Why there is no connection, as far as the last try tells.
    private(set) var lastError: RedisError?

    let loop: EventLoop
    private let address: RedisAddress
    private let name: String
    private var policy = ReconnectPolicy()
    private var greeting: Greeting?
    private var greeted: RedisConnection?
    private var upSince: Instant?
    /// Of the greeted connection's server.
    private var run: RunID?
    private var toldReason: String?
    private var attempt = 0
    private var isRunning = false

    private static let connectTimeoutMilliseconds = 3_000
    private static let greetingTimeoutMilliseconds = 3_000

    init(loop: EventLoop, address: RedisAddress, name: String) {
        self.loop = loop
        self.address = address
        self.name = name
    }

    /// Begins to connect; calling it again changes nothing.
    func start() {
        guard !isRunning else { return }
        isRunning = true
        connect()
    }

    /// Ends for good, without calling `onDown`.
    func close() {
        isRunning = false
        attempt &+= 1
        onUp = nil
        onDown = nil
        onFailure = nil
        greeted?.close(.disconnected)
        connection?.close(.disconnected)
    }

    /// Gives the present connection up; another follows.
    func drop(_ error: RedisError) {
        connection?.close(error)
    }

    /// Gives up a connection to any other run than this.
    ///
    /// A server that is made a replica keeps those that only listen, and tells them nothing: where the writing
    /// connections of the process have gone, they have to go too.
    func keepTo(_ run: RunID) {
        if let present = self.run, present != run { drop(.replica) }
    }

    private func connect() {
        attempt &+= 1
        weak let this = self
        let (loop, address, attempt) = (loop, address, attempt)
        loop.spawn {
            do throws(EngineError) {
                let stream = try await Stream.connect(
                    loop: loop, host: address.host, port: address.port, tls: address.tls,
                    timeoutMilliseconds: Self.connectTimeoutMilliseconds)
                guard let this, attempt == this.attempt else { return stream.close() }
                this.greet(RedisConnection(loop: loop, stream: stream))
            } catch {
                guard let this, attempt == this.attempt else { return }
                this.lost(.unavailable, because: "\(error)")
            }
        }
    }

    private func greet(_ connection: RedisConnection) {
        let greeting = Greeting(to: address, as: name)
        self.greeting = greeting
        greeted = connection
        connection.onClose = { [weak self] in self?.lost($0) }
        let sentAt = WallClock.milliseconds()
        for command in greeting.commands {
            connection.send(command, timeoutMilliseconds: Self.greetingTimeoutMilliseconds) {
                [weak self, weak connection] answer in
                guard let self, let connection, connection.isOpen else { return }
                hear(answer, sentAt: sentAt, on: connection)
            }
        }
    }

    private func hear(
        _ answer: Result<RedisReply, RedisError>, sentAt: Int64, on connection: RedisConnection
    ) {
        let now = WallClock.milliseconds()
        switch greeting?.receive(answer, at: sentAt &+ (now &- sentAt) / 2) {
        case nil: return
        case .failure(let error): connection.close(error)
        case .success(let identity):
            greeting = nil
            greeted = nil
            self.connection = connection
            upSince = loop.now
            run = identity.runID
            lastError = nil
            toldReason = nil
            onUp?(connection, identity)
        }
    }

    private func lost(_ error: RedisError, because reason: String? = nil) {
        let wasUp = connection != nil
        connection = nil
        run = nil
        greeted = nil
        greeting = nil
        lastError = error
        if isRunning { scheduleConnect() }
        if wasUp { onDown?(error) } else { tell(reason ?? "\(error)") }
    }

    private func tell(_ reason: String) {
        guard reason != toldReason else { return }
        toldReason = reason
        onFailure?(reason)
    }

    private func scheduleConnect() {
        let lasted = upSince.map { loop.now.milliseconds(since: $0) }
        upSince = nil
        attempt &+= 1
        let delay = policy.nextDelay(afterLasting: lasted) { Int.random(in: $0) }
        loop.schedule(afterMilliseconds: delay) { [weak self, attempt] in
            guard let self, attempt == self.attempt else { return }
            connect()
        }
    }
}
