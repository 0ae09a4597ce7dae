import Access
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
    let link: ClusterLink
    let rpc: RPCClient
    private let sweeper: Sweeper
    let keeper: PolicyKeeper
    private let beacon: ServiceBeacon

    init(_ config: PresenceConfig, loop: EventLoop, log: Log, metrics: Registry) throws(TokenError) {
        link = try ClusterLink(
            loop: loop, address: config.redis, tokens: config.tokens, name: "presence",
            libraries: [PresenceFunctions.library, LimitFunctions.library], log: log)
        let (link, redis) = (link, link.redis)
        rpc = RPCClient(
            loop: loop, address: config.redis, name: "presence", redis: redis, replyID: link.instance)
        sweeper = Sweeper(
            loop: loop, sweep: Sweep(redis: redis, metrics: PresenceMetrics(metrics), log: log),
            intervalMilliseconds: config.sweepSeconds * 1000)
        beacon = ServiceBeacon(
            loop: loop, redis: redis, service: "presence", instance: link.instance, isAble: { true })
        keeper = PolicyKeeper(loop: loop, redis: redis, log: log)
        health = Health(loop: loop)

        var routes = Routes()
        let callers = Callers(authority: link.authority)
        let rooms = RoomDirectory(redis: redis, rpc: rpc)
        let policies = PolicyStore(redis: redis, standard: config.memberPolicy, keeper: keeper)
        OperationsEndpoint(health: health, metrics: metrics).add(to: &routes)
        PeopleRoutes(loop: loop, callers: callers, redis: redis, rpc: rpc, rooms: rooms).add(to: &routes)
        LimitRoutes(callers: callers, redis: redis, policies: policies, hasLimits: config.hasLimits)
            .add(to: &routes)
        self.routes = routes
        link.onConnect = { [weak sweeper, keeper, rpc] run in
            rpc.keepTo(run)
            sweeper?.connected()
            keeper.compare()
        }
        link.control.onEvent = { [authority = link.authority, keeper] event in
            authority.hear(event)
            keeper.hear(event)
        }
        link.add(to: health)
    }

    func start() {
        link.start()
        rpc.start()
        sweeper.start()
        beacon.start()
    }

    func stop() {
        beacon.stop()
        sweeper.stop()
        rpc.close()
        link.close()
    }
}
