public import Engine
public import Redis
internal import Schema

/// Tells the gateways, once a second, that an instance of a service is there and whether it can do its work.
///
/// Belongs to its loop. Two keys, because a service may answer without being whole: history without PostgreSQL still
/// reads the newest messages. Any instance may light them; a signal ends by itself when none does.
public final class ServiceBeacon {
    private let loop: EventLoop
    private let redis: RedisClient
    private let service: String
    private let instance: String
    private let isAble: nonisolated(nonsending) () async -> Bool
    private var ticker: Timer?
    private var isAsking = false
    private var isLit = false

    /// How long a signal lasts without another.
    public static let lifetimeMilliseconds = 5_000
    private static let intervalMilliseconds = 1_000

    /// Makes a beacon of an instance; `isAble` is asked each second, or when it has answered.
    public init(
        loop: EventLoop, redis: RedisClient, service: String, instance: String,
        isAble: nonisolated(nonsending) @escaping () async -> Bool
    ) {
        self.loop = loop
        self.redis = redis
        self.service = service
        self.instance = instance
        self.isAble = isAble
    }

    /// Begins to signal.
    public func start() {
        ticker = loop.scheduleRepeating(everyMilliseconds: Self.intervalMilliseconds) { [weak self] in
            self?.tick()
        }
        tick()
    }

    /// Ends; where another instance goes on, it signals within a second.
    public func stop() {
        ticker?.cancel()
        ticker = nil
        darken()
        redis.call(["DEL", .text(Keys.answering(service))]) { _ in }
    }

    private func tick() {
        light(Keys.answering(service))
        // An answer that takes long is waited for: past its lifetime the signal has ended by itself.
        guard !isAsking else { return }
        isAsking = true
        loop.spawn { await self.ask() }
    }

    private func ask() async {
        // Known to be on the loop before a stored closure is awaited: Swift 6.3.1 would lose it otherwise.
        loop.preconditionCurrent()
        let answer = await isAble()
        isAsking = false
        guard ticker != nil else { return }
        guard answer else { return darken() }
        isLit = true
        light(Keys.alive(service))
    }

    private func light(_ key: String) {
        redis.call(["SET", .text(key), .text(instance), "PX", .int(Int64(Self.lifetimeMilliseconds))]) { _ in
        }
    }

    /// Once, not each second: another instance that can do its work would be put out again and again.
    private func darken() {
        guard isLit else { return }
        isLit = false
        redis.call(["DEL", .text(Keys.alive(service))]) { _ in }
    }
}
