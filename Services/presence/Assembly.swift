import Bus
import Engine
import Hosting
import PresenceFunctions
import Redis
import Tokens
import Web

/// The parts of presence: made in order, started in order, stopped in reverse.
///
/// Belongs to its loop. None of them needs Redis to be there: each waits for it by itself.
final class Assembly {
    /// Every address that presence answers.
    let routes: Routes
    let health: Health
    let redis: RedisClient
    let rpc: RPCClient
    let authority: Authority
    private let control: ControlLog
    private let sweeper: Sweeper

    init(_ config: PresenceConfig, loop: EventLoop, log: Log, metrics: Registry) throws(TokenError) {
        let (name, address) = ("presence", config.redis)
        redis = RedisClient(
            loop: loop, address: address, name: name,
            libraries: [PresenceFunctions.library, LimitFunctions.library])
        let replyID = try "\(name)-\(Base64URL.encode(SecureRandom.bytes(9)))"
        rpc = RPCClient(loop: loop, address: address, name: name, redis: redis, replyID: replyID)
        control = ControlLog(loop: loop, address: address, name: name, redis: redis)
        authority = try Authority(settings: config.tokens, loop: loop, redis: redis)
        sweeper = Sweeper(
            loop: loop, sweep: Sweep(redis: redis, metrics: PresenceMetrics(metrics), log: log),
            intervalMilliseconds: config.sweepSeconds * 1000)
        health = Health(loop: loop)

        var routes = Routes()
        let callers = Callers(authority: authority)
        let rooms = RoomDirectory(redis: redis, rpc: rpc)
        let policies = PolicyStore(redis: redis, standard: config.memberPolicy)
        OperationsEndpoint(health: health, metrics: metrics).add(to: &routes)
        PeopleRoutes(callers: callers, redis: redis, rpc: rpc, rooms: rooms).add(to: &routes)
        LimitRoutes(callers: callers, redis: redis, policies: policies, hasLimits: config.hasLimits)
            .add(to: &routes)
        self.routes = routes
        connect(log)
    }

    func start() {
        redis.start()
        rpc.start()
        control.start()
        sweeper.start()
    }

    func stop() {
        sweeper.stop()
        control.close()
        rpc.close()
        redis.close()
    }

    private func connect(_ log: Log) {
        let (redis, authority, sweeper) = (redis, authority, sweeper)
        redis.onConnect = { [weak sweeper] _ in
            log.info("redis connected")
            sweeper?.connected()
        }
        redis.onDisconnect = { log.warn("redis lost") }
        control.onEvent = { [weak authority] in authority?.hear($0) }
        control.onReload = { [weak authority] in authority?.load() }
        health.check("redis") { _ = try await redis.call("PING", timeoutMilliseconds: 900) }
    }
}
