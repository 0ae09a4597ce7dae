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
    /// Called whenever the counts may have changed.
    public var onCounted: ((Counts) -> Void)?

    /// How many there are.
    public struct Counts: Sendable, Equatable {
        /// Connections that speak HTTP; upgraded ones are not counted.
        public let connections: Int
        /// Those of them whose request has not come in whole.
        public let unfinished: Int
        /// Bytes that these hold.
        public let unfinishedBytes: Int
    }

    private let proxies: TrustedProxies
    private var addresses: [AddressKey: Int] = [:]
    private var unfinished: WaitingConnections<ObjectIdentifier>
    private var idle = WaitingConnections<ObjectIdentifier>(.init())
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var whenEmpty: [() -> Void] = []
    private var date: (second: Int64, text: String) = (-1, "")

    /// Makes a server of a handler, such as `Routes.respond`, and a hook for WebSocket; the connections of
    /// `proxies` are those of many clients, and are not counted as one's.
    public init(
        loop: EventLoop, limits: HTTPLimits = HTTPLimits(), proxies: TrustedProxies = TrustedProxies(),
        handler: @escaping Handler, upgrade: UpgradeHook? = nil
    ) {
        self.loop = loop
        self.limits = limits
        self.handler = handler
        self.upgrade = upgrade
        self.proxies = proxies
        unfinished = WaitingConnections(
            .init(
                total: limits.unfinished, perAddress: limits.unfinishedPerAddress,
                bytes: limits.unfinishedBytes))
    }

    /// How many connections speak HTTP now; upgraded ones are not counted.
    public var connectionCount: Int { connections.count }

    /// How many connections there are, and how many of them have not said yet what they want.
    public var counts: Counts {
        Counts(
            connections: connections.count, unfinished: unfinished.count, unfinishedBytes: unfinished.bytes)
    }

    /// Takes a connection and serves it until it closes.
    ///
    /// One too many is told so; but each that is told holds its socket for a while, so beyond an eighth more the
    /// rest is closed without a word.
    public func accept(_ stream: Stream) {
        let address = proxies.contains(stream.peerAddress) ? nil : AddressKey(stream.peerAddress)
        let count = address.map { addresses[$0, default: 0] + 1 } ?? 0
        if connections.count >= limits.connections, let longest = idle.oldest { drop(longest) }
        let refusal = refusal(connections: connections.count + 1, ofAddress: count)
        if let refusal {
            onRefused?(refusal.reason)
            if refusal.isFlood { return stream.close() }
        }
        if let address { addresses[address] = count }
        let connection = HTTPConnection(stream: stream, address: address, server: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.start(refusal: refusal?.problem ?? (isDraining ? HTTPServer.overloaded : nil))
        onCounted?(counts)
    }

    private struct Turned {
        let reason: HTTPRefusal
        let problem: Problem
        let isFlood: Bool
    }

    private func refusal(connections: Int, ofAddress: Int) -> Turned? {
        func isFlood(_ count: Int, _ limit: Int) -> Bool { count > limit + limit / 8 + 8 }
        if connections > limits.connections {
            return Turned(
                reason: .connections, problem: HTTPServer.overloaded,
                isFlood: isFlood(connections, limits.connections))
        }
        let limit = limits.connectionsPerAddress
        guard limit > 0, ofAddress > limit else { return nil }
        return Turned(
            reason: .connectionsPerAddress, problem: HTTPServer.tooMany, isFlood: isFlood(ofAddress, limit))
    }

    // MARK: What connections wait for

    /// The connection's request has begun or is awaited, and so much of it is held.
    func unfinished(_ connection: HTTPConnection, bytes: Int) {
        let id = ObjectIdentifier(connection)
        idle.left(id)
        let surplus = [unfinished.came(id, from: connection.address)].compactMap(\.self)
        for each in surplus + unfinished.holds(id, bytes: bytes) {
            onRefused?(HTTPRefusal(each.bound))
            drop(each.id)
        }
        onCounted?(counts)
    }

    /// Closes a connection for the sake of others; its place is free at once.
    private func drop(_ id: ObjectIdentifier) {
        guard let connection = connections[id] else { return }
        remove(connection)
        connection.close()
    }

    /// The connection waits for a further request.
    func idle(_ connection: HTTPConnection) {
        let id = ObjectIdentifier(connection)
        unfinished.left(id)
        _ = idle.came(id, from: nil)
    }

    /// It is our turn.
    func busy(_ connection: HTTPConnection) {
        unfinished.left(ObjectIdentifier(connection))
        idle.left(ObjectIdentifier(connection))
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
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        busy(connection)
        if let address = connection.address {
            let count = addresses[address, default: 0] - 1
            addresses[address] = count > 0 ? count : nil
        }
        onCounted?(counts)
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
    private static let tooMany = Problem(.tooManyRequests, "too_many_connections", retryAfterSeconds: 5)
}
