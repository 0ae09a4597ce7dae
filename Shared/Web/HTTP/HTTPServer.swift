public import Engine

/// Answers HTTP on the streams that it is given.
///
/// Belongs to its loop. It holds its connections until they close or are upgraded; a listener of the owner's
/// brings streams to `accept`.
public final class HTTPServer {
    /// Answers one request; runs on the loop.
    public typealias Handler = nonisolated(nonsending) (Request) async -> Response
    /// Decides on a request that asks for WebSocket; `nil` leaves it to the handler.
    public typealias UpgradeHook = (Request) -> Upgrade?

    let loop: EventLoop
    let limits: HTTPLimits
    let handler: Handler
    let upgrade: UpgradeHook?
    private(set) var isDraining = false

    /// Called for each connection or request that is not served, with why.
    public var onRefused: ((HTTPRefusal) -> Void)?

    private let proxies: TrustedProxies
    private let occupancy: HTTPOccupancy
    private lazy var place = occupancy.open(Addressee(self, on: loop))
    private var connections: [UInt64: HTTPConnection] = [:]
    private var whenEmpty: [() -> Void] = []
    private var date: (second: Int64, text: String) = (-1, "")

    /// Makes a server of a handler, such as `Routes.respond`, and a hook for WebSocket; the connections of
    /// `proxies` are those of many clients, and are not counted as one's.
    ///
    /// Servers on several loops share their bounds by `occupancy`, which has the same limits.
    public init(
        loop: EventLoop, limits: HTTPLimits = HTTPLimits(), proxies: TrustedProxies = TrustedProxies(),
        occupancy: HTTPOccupancy? = nil, handler: @escaping Handler, upgrade: UpgradeHook? = nil
    ) {
        self.loop = loop
        self.limits = limits
        self.handler = handler
        self.upgrade = upgrade
        self.proxies = proxies
        self.occupancy = occupancy ?? HTTPOccupancy(limits: limits)
    }

    /// How many connections speak HTTP now; upgraded ones are not counted.
    public var connectionCount: Int { connections.count }

    /// What counts for the bounds, at all servers that share them.
    public var counts: HTTPOccupancy.Counts { occupancy.counts }

    /// Takes a connection and serves it until it closes.
    ///
    /// One too many is told so; but each that is told holds its socket for a while, so beyond an eighth more the
    /// rest is closed without a word.
    public func accept(_ stream: Stream) {
        let address = proxies.contains(stream.peerAddress) ? nil : AddressKey(stream.peerAddress)
        let newcomer = occupancy.came(from: address, to: place)
        if let refusal = newcomer.refusal {
            onRefused?(refusal.reason)
            if refusal.isFlood { return stream.close() }
        }
        let connection = HTTPConnection(stream: stream, number: newcomer.number, server: self)
        connections[newcomer.number] = connection
        connection.start(refusal: newcomer.refusal?.problem ?? (isDraining ? HTTPServer.overloaded : nil))
    }

    // MARK: What connections wait for

    /// The connection's request has begun or is awaited, and so much of it is held.
    func unfinished(_ connection: HTTPConnection, bytes: Int) {
        for reason in occupancy.unfinished(connection.number, bytes: bytes) { onRefused?(reason) }
    }

    /// Closes a connection for the sake of others, which counts no more already.
    func drop(_ number: UInt64) {
        guard let connection = connections[number] else { return }
        remove(connection)
        connection.close()
    }

    /// The connection waits for a further request.
    func idle(_ connection: HTTPConnection) { occupancy.idle(connection.number) }

    /// It is our turn.
    func busy(_ connection: HTTPConnection) { occupancy.busy(connection.number) }

    /// Finishes: idle connections close now, busy ones after their response, and at the deadline all.
    ///
    /// Returns when none is left.
    public func drain(withinMilliseconds bound: Int) async {
        isDraining = true
        connections.values.forEach { $0.drain() }
        let deadline = loop.schedule(afterMilliseconds: bound) { [self] in
            connections.values.forEach { $0.close() }
        }
        await empty()
        deadline.cancel()
    }

    func remove(_ connection: HTTPConnection) {
        guard connections.removeValue(forKey: connection.number) != nil else { return }
        occupancy.left(connection.number)
        guard connections.isEmpty else { return }
        let waiting = whenEmpty
        whenEmpty = []
        waiting.forEach { $0() }
    }

    /// The value of the Date field, made once a second.
    func currentDate() -> String {
        let second = WallClock.milliseconds() / 1_000
        if second != date.second { date = (second, HTTPDate.format(secondsSince1970: second)) }
        return date.text
    }

    private func empty() async {
        guard !connections.isEmpty else { return }
        await withCheckedContinuation { continuation in whenEmpty.append { continuation.resume() } }
    }

    static let overloaded = Problem(.serviceUnavailable, "overloaded", retryAfterSeconds: 5)
    static let tooMany = Problem(.tooManyRequests, "too_many_connections", retryAfterSeconds: 5)
}
