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

    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var whenEmpty: [() -> Void] = []
    private var date: (second: Int64, text: String) = (-1, "")

    /// Makes a server of a handler, such as `Routes.respond`, and a hook for WebSocket.
    public init(
        loop: EventLoop, limits: HTTPLimits = HTTPLimits(), handler: @escaping Handler,
        upgrade: UpgradeHook? = nil
    ) {
        self.loop = loop
        self.limits = limits
        self.handler = handler
        self.upgrade = upgrade
    }

    /// How many connections speak HTTP now; upgraded ones are not counted.
    public var connectionCount: Int { connections.count }

    /// Takes a connection and serves it until it closes.
    public func accept(_ stream: Stream) {
        let connection = HTTPConnection(stream: stream, server: self)
        connections[ObjectIdentifier(connection)] = connection
        let isFull = connections.count > limits.connections
        connection.start(refusal: isFull || isDraining ? HTTPServer.overloaded : nil)
    }

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
        connections[ObjectIdentifier(connection)] = nil
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

    private static let overloaded = Problem(.serviceUnavailable, "overloaded", retryAfterSeconds: 5)
}
