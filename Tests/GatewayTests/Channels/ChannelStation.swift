import Engine
import Redis
import Support

@testable import ChatGateway

/// One loop of several with an exchange on it, as a gateway has them, and what it was told.
actor ChannelStation {
    nonisolated let loop: EventLoop
    private let index: Int
    private var exchange: ChannelExchange?
    private var heard: [String: [String]] = [:]
    private var ready: [String: Int] = [:]
    private var losses = 0
    private var leftBehind: [Int] = []
    private var wanted: Set<String> = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ index: Int) throws {
        self.index = index
        loop = try EventLoop(name: "station-\(index)")
        try loop.start()
    }

    func make(_ server: String, behindBytes: Int) throws -> ChannelDoor {
        loop.preconditionCurrent()
        let subscriber = Subscriber(
            loop: loop, address: try RedisAddress(url: server), name: "station-\(index)")
        let exchange = ChannelExchange(
            index: index, loop: loop, subscriber: subscriber, behindBytes: behindBytes)
        exchange.onLost = { [unowned self] isConcerned in
            losses += 1
            onLost(wanted.filter(isConcerned))
        }
        exchange.onFellBehind = { [unowned self] loop in leftBehind.append(loop) }
        self.exchange = exchange
        return exchange.door
    }

    private var onLost: (Set<String>) -> Void = { _ in }

    func share(with doors: [ChannelDoor]) {
        loop.preconditionCurrent()
        exchange?.share(with: doors)
    }

    func start() {
        loop.preconditionCurrent()
        exchange?.start()
    }

    /// What it was told so far.
    struct Standing: Sendable {
        let heard: [String: [String]]
        /// How many times each channel was ready.
        let ready: [String: Int]
        let losses: Int
        let leftBehind: [Int]
        let isRestored: Bool
    }

    var standing: Standing {
        Standing(
            heard: heard, ready: ready, losses: losses, leftBehind: leftBehind,
            isRestored: exchange?.isRestored == true)
    }

    func subscribe(_ channel: String) {
        loop.preconditionCurrent()
        wanted.insert(channel)
        exchange?.subscribe(
            channel,
            onMessage: { [unowned self] bytes in
                heard[channel, default: []].append(String(decoding: bytes, as: UTF8.self))
            }, onReady: { [unowned self] in ready[channel, default: 0] += 1 })
    }

    func unsubscribe(_ channel: String) {
        loop.preconditionCurrent()
        wanted.remove(channel)
        exchange?.unsubscribe(channel)
    }

    /// Follows a channel of numbers, checked as they come.
    func follow(_ channel: String, _ count: @escaping @Sendable () -> Int) -> NumberWatch {
        loop.preconditionCurrent()
        let watch = NumberWatch()
        wanted.insert(channel)
        onLost = { if $0.contains(channel) { watch.lost() } }
        exchange?.subscribe(
            channel, onMessage: { watch.came(Int(String(decoding: $0, as: UTF8.self)) ?? -1) },
            onReady: { watch.ready(after: count()) })
        return watch
    }

    func end() {
        loop.preconditionCurrent()
        exchange?.close()
        exchange = nil
        onLost = { _ in }
        loop.stop()
    }
}

/// What a subscription of a channel of numbers, published in order, has to be given: touched on its loop, read by all.
final class NumberWatch: Sendable {
    struct State: Sendable {
        /// The newest number that came; nil while it is not known what may come.
        var last: Int?
        /// What had been published when it became ready: the next is to come whatever happens.
        var base: Int?
        var newest = 0
        var readies = 0
        var faults: [String] = []
    }

    private let state = Guarded(State())

    var now: State { state.withLock { $0 } }

    func ready(after count: Int) {
        state.withLock { state in
            state.readies += 1
            guard state.base == nil else { return }
            state.base = count
            // What lies between is in the log.
            if let last = state.last, last < count { state.last = nil }
        }
    }

    func lost() {
        state.withLock { ($0.base, $0.last) = (nil, nil) }
    }

    func came(_ number: Int) {
        state.withLock { state in
            if number <= state.newest { state.faults.append("\(number) after \(state.newest)") }
            if let last = state.last, state.base != nil, number != last + 1 {
                state.faults.append("\(number) after \(last): a hole")
            }
            if state.last == nil, let base = state.base, number > base + 1 {
                state.faults.append("\(number) first, though \(base + 1) came when it was ready")
            }
            state.last = number
            state.newest = number
        }
    }
}
