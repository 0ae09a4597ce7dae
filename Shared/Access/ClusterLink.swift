public import Bus
public import Engine
public import Hosting
public import Redis
public import Tokens

/// A service's tie to its cluster: Redis, the control log, and the judge of tokens that hears it.
///
/// Belongs to its loop. Nothing needs Redis to be there: each part waits for it by itself.
public final class ClusterLink {
    /// This run of this service: its name, `.`, and 12 characters that no other run has.
    public let instance: String
    /// The connection for commands.
    public let redis: RedisClient
    /// The judge of tokens.
    public let authority: Authority
    /// What every process must hear of; heard by the judge alone unless its owner puts another ear in.
    public let control: ControlLog
    /// Called after each connect to Redis.
    public var onConnect: ((RunID) -> Void)?

    /// Makes the parts, which wait for `start`; `name` is what `CLIENT LIST` shows.
    public init(
        loop: EventLoop, address: RedisAddress, tokens: TokenSettings, name: String,
        libraries: [FunctionLibrary] = [], log: Log
    ) throws(TokenError) {
        instance = "\(name).\(ClusterLink.suffix())"
        redis = RedisClient(loop: loop, address: address, name: name, libraries: libraries)
        control = ControlLog(loop: loop, address: address, name: name, redis: redis)
        authority = try Authority(settings: tokens, loop: loop, redis: redis)
        control.onEvent = { [authority] in authority.hear($0) }
        control.onReload = { [authority] in authority.load() }
        redis.onDisconnect = { log.warn("redis away") }
        let place = address.description
        redis.onConnectionFailure = {
            log.warn("cannot connect to redis", ["address": .string(place), "reason": .string($0)])
        }
        // Weak, as both hold the connection.
        redis.onConnect = { [weak self, weak control] run in
            control?.keepTo(run)
            log.info("redis connected", ["run": .string(run)])
            self?.onConnect?(run)
        }
    }

    /// Begins to connect.
    public func start() {
        redis.start()
        control.start()
    }

    /// Ends for good.
    public func close() {
        authority.close()
        control.close()
        redis.close()
    }

    /// Throws unless Redis gives a sign of life.
    ///
    /// Whoever asks bounds how long they wait: a deadline of this call would cost the connection, and all that is
    /// under way on it, when Redis only pauses.
    private func ping() async throws(RedisError) {
        _ = try await redis.call("PING")
    }

    /// Adds what every service needs: Redis, and what tokens are judged by.
    public func add(to health: Health) {
        health.check("redis") { try await self.ping() }
        health.check("keys") {
            guard self.authority.isReady else { throw AuthenticationFailure.unavailable }
        }
    }

    private static func suffix() -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<12).compactMap { _ in alphabet.randomElement() })
    }
}
