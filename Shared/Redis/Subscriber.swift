public import Engine

/// Sharded channels (`SSUBSCRIBE`) on a connection of its own, subscribed anew after each reconnect.
///
/// Belongs to its loop. Redis gives no promise about what is published while a channel is not subscribed, so its
/// owner fills the hole whenever a channel is confirmed.
public final class Subscriber {
    /// Called after each connect, before any channel is confirmed.
    public var onConnect: ((RunID) -> Void)?
    /// Called when the connection is gone; no channel is subscribed until its listener is told again that it is.
    public var onDisconnect: (() -> Void)?

    /// Whether there is a connection.
    public var isConnected: Bool { link.connection != nil }
    /// Whether there is a connection, and every channel that was wanted when it came is confirmed.
    public var isRestored: Bool { isConnected && table.isRestored }
    /// Whether Redis has confirmed a channel, and nothing since has put that in doubt.
    public func isReady(_ channel: String) -> Bool { table.isReady(Array(channel.utf8)) }

    private let link: RedisLink
    private let loop: EventLoop
    private var table = SubscriptionTable()
    private var listeners: [ChannelKey: any ChannelListener] = [:]
    private var ticker: Timer?

    private static let tickMilliseconds = 500
    private static let answerTimeoutMilliseconds = 5_000

    /// Makes a subscriber that connects when it is started.
    public init(loop: EventLoop, address: RedisAddress, name: String) {
        self.loop = loop
        link = RedisLink(loop: loop, address: address, name: name)
        link.onUp = { [weak self] in self?.up($0, $1) }
        link.onDown = { [weak self] _ in self?.down() }
    }

    /// Begins to connect.
    public func start() {
        guard ticker == nil else { return }
        ticker = loop.scheduleRepeating(everyMilliseconds: Self.tickMilliseconds) { [weak self] in
            self?.tick()
        }
        link.start()
    }

    /// Ends for good; nothing is called any more.
    public func close() {
        ticker?.cancel()
        listeners = [:]
        link.close()
    }

    /// Stays only with the run of Redis that commands go to: a connection to another is given up for a new one.
    public func keepTo(_ run: RunID) { link.keepTo(run) }

    /// Subscribes to a channel, now or as soon as there is a connection, until `unsubscribe`.
    ///
    /// The listener is held until then. A second call for a channel takes the place of the first.
    public func subscribe(_ channel: String, _ listener: any ChannelListener) {
        let channel = Array(channel.utf8)
        listeners[ChannelKey(channel)] = listener
        if let order = table.want(channel) {
            send([order])
        } else if table.isReady(channel) {
            loop.atTurnEnd { [weak self] in self?.tellReady(channel) }
        }
    }

    /// As with a listener, for closures that are called with each message's bytes, and at each confirmation.
    public func subscribe(
        _ channel: String, onMessage: @escaping (UnsafeRawBufferPointer) -> Void,
        onReady: @escaping () -> Void = {}
    ) {
        subscribe(channel, ChannelClosures(onMessage: onMessage, onReady: onReady))
    }

    /// Lets go of a channel; its listener is not called any more.
    public func unsubscribe(_ channel: String) {
        let channel = Array(channel.utf8)
        listeners[ChannelKey(channel)] = nil
        if let order = table.unwant(channel) { send([order]) }
    }

    private func up(_ connection: RedisConnection, _ identity: ServerIdentity) {
        connection.onPush = { [weak self] in self?.receive($0) }
        send(table.connected())
        onConnect?(identity.runID)
    }

    private func down() {
        table.disconnected()
        onDisconnect?()
    }

    private func send(_ orders: [SubscriptionTable.Order]) {
        guard !orders.isEmpty, let connection = link.connection else { return }
        for order in orders { table.sent(order, deadline: answerDeadline) }
        connection.write(orders.map(\.command))
    }

    private var answerDeadline: Int64 {
        loop.now.advanced(byMilliseconds: Self.answerTimeoutMilliseconds).milliseconds
    }

    private func receive(_ reply: RedisReply) {
        switch Push(reply) {
        case .message(let channel, let payload):
            guard let listener = listeners[ChannelKey(channel)] else { return }
            return payload.withUnsafeBytes { listener.received($0) }
        case .subscribed(let channel): perform(table.subscribed(channel))
        case .unsubscribed(let channel): perform(table.unsubscribed(channel))
        case .pong: table.ponged()
        case .refused: table.failed()
        case nil: return link.drop(.protocolViolation)
        }
        table.answered(nextUntil: answerDeadline)
    }

    private func perform(_ outcome: SubscriptionTable.Outcome) {
        switch outcome {
        case .nothing: return
        case .ready(let channel): tellReady(channel)
        case .send(let order): send([order])
        }
    }

    private func tellReady(_ channel: SubscriptionTable.Channel) {
        guard table.isReady(channel) else { return }
        listeners[ChannelKey(channel)]?.confirmed()
    }

    private func tick() {
        guard let connection = link.connection else { return }
        guard !table.hasExpired(at: loop.now.milliseconds) else { return link.drop(.timeout) }
        send(table.retry())
        let idle = loop.now.milliseconds(since: connection.lastHeard)
        if !table.isWaiting, idle >= RedisConnection.idleMilliseconds { send([.ping]) }
    }
}

/// A channel by whose name listeners are found, for each message: hashed as a whole rather than byte by byte.
private struct ChannelKey: Hashable {
    let name: SubscriptionTable.Channel

    init(_ name: SubscriptionTable.Channel) { self.name = name }

    func hash(into hasher: inout Hasher) { name.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

extension SubscriptionTable.Order {
    fileprivate var command: [RedisArgument] {
        switch self {
        // One channel a command: in a cluster each channel may lie in a slot of its own.
        case .subscribe(let channel): ["SSUBSCRIBE", .bytes(channel)]
        case .unsubscribe(let channel): ["SUNSUBSCRIBE", .bytes(channel)]
        case .ping: ["PING"]
        }
    }
}
