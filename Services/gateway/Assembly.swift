import Access
import Bus
import Engine
import Hosting
import PresenceFunctions
import Redis
import RoomFunctions
import Schema
import Web

/// What a gateway consists of: made in order, started in order, stopped in reverse.
actor Assembly: Service {
    private let loop: EventLoop
    private let config: GatewayConfig
    private let context: LaunchContext
    private var parts: Parts?

    private struct Parts {
        let link: ClusterLink
        let subscriber: Subscriber
        let rpc: RPCClient
        let lease: Lease
        let shard: Shard
        let health: Health
        let http: HTTPService
    }

    init(_ config: GatewayConfig, _ context: LaunchContext) throws {
        self.config = config
        self.context = context
        loop = try context.makeLoop("gateway")
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func start() async throws {
        loop.preconditionCurrent()
        let name = "gateway \(config.id)".replacing(" ", with: "-")
        let link = try ClusterLink(
            loop: loop, address: config.redis, tokens: config.tokens, name: name,
            libraries: [
                RoomFunctions.library, DirectFunctions.library, PresenceFunctions.library,
                LimitFunctions.library,
            ],
            log: context.log)
        let redis = link.redis
        let subscriber = Subscriber(loop: loop, address: config.redis, name: "\(name)-rooms")
        let lease = Lease(id: config.id, loop: loop, redis: redis, log: context.log)
        let rpc = RPCClient(
            loop: loop, address: config.redis, name: name, redis: redis, replyID: lease.incarnation)
        let shard = makeShard(link, subscriber, rpc, lease)
        let health = makeHealth(shard)
        let http = try makeHTTP(shard, health)
        parts = Parts(
            link: link, subscriber: subscriber, rpc: rpc, lease: lease, shard: shard, health: health,
            http: http)
        connect(link, subscriber, rpc, lease, shard)
        link.start()
        subscriber.start()
        rpc.start()
        shard.start()
        context.log.info("listening", ["host": .string(config.hosting.host), "port": .int(http.port)])
    }

    func stop() async {
        loop.preconditionCurrent()
        guard let parts else { return }
        parts.health.isDraining = true
        parts.shard.degradation.stop()
        await parts.shard.drain(milliseconds: config.drainSeconds * 1_000)
        await parts.http.drain(withinMilliseconds: 1_000)
        parts.shard.sender.close()
        await parts.lease.release()
        parts.rpc.close()
        parts.subscriber.close()
        parts.link.close()
        self.parts = nil
    }

    // MARK: Parts

    private func makeShard(
        _ link: ClusterLink, _ subscriber: Subscriber, _ rpc: RPCClient, _ lease: Lease
    ) -> Shard {
        let (loop, log, redis) = (loop, context.log, link.redis)
        let metrics = GatewayMetrics(context.metrics)
        let directory = RoomDirectory(redis: redis, rpc: rpc)
        let recent = RecentLog(redis: redis)
        let rooms = Rooms { rooms in
            RoomServices(
                loop: loop, redis: redis, subscriber: subscriber, recent: recent,
                archive: ArchivePages(rpc: rpc), directory: directory, log: log, metrics: metrics
            ) { [weak rooms] in rooms?.evict($0, from: $1, $2, asOf: $3) }
        }
        let presence = Presence(loop: loop, redis: redis, incarnation: lease.incarnation, log: log)
        let bounds = RoomCalls.Bounds(
            recentKeep: config.recentKeep, recentMax: config.recentMax, logMaxBytes: config.logMaxBytes,
            seenMax: config.seenMax)
        let calls = RoomCalls(bounds: bounds) { [weak rooms] in rooms?.knownSeq(of: $0) ?? 0 }
        let sender = MessageSender(
            loop: loop, redis: redis, directory: directory, archive: SendArchive(rpc: rpc), calls: calls,
            replicas: makeReplicaAcks(lease, metrics),
            backlog: SendBacklog(limit: config.sendBacklogBytes, metrics: metrics), metrics: metrics)
        return Shard(
            loop: loop, config: config, log: log, metrics: metrics, redis: redis, rpc: rpc,
            authority: link.authority, directory: directory,
            recent: recent, rooms: rooms,
            people: People(
                subscriber: subscriber, presence: presence,
                inbox: DirectInbox(loop: loop, redis: redis, log: log)),
            presence: presence, sender: sender,
            stored: StoredWatch(
                loop: loop, redis: redis, subscriber: subscriber, archive: ArchivePages(rpc: rpc),
                metrics: metrics),
            degradation: Degradation(loop: loop, redis: redis, log: log, metrics: context.metrics) {
                subscriber.isRestored && rpc.isReady
            })
    }

    private func makeReplicaAcks(_ lease: Lease, _ metrics: GatewayMetrics) -> ReplicaAcks? {
        guard config.ackReplicas > 0 else { return nil }
        return ReplicaAcks(
            needed: config.ackReplicas, loop: loop, address: config.redis, name: "gateway-\(config.id)",
            incarnation: lease.incarnation, tooFew: metrics.tooFewReplicas)
    }

    private func makeHealth(_ shard: Shard) -> Health {
        let health = Health(loop: loop)
        health.check("redis") {
            guard shard.degradation.isReady else { throw RedisError.unavailable }
        }
        health.check("keys") {
            guard shard.authority.isReady else { throw AuthenticationFailure.unavailable }
        }
        return health
    }

    private func makeHTTP(_ shard: Shard, _ health: Health) throws -> HTTPService {
        var routes = Routes()
        OperationsEndpoint(health: health, metrics: context.metrics).add(to: &routes)
        PageFiles().add(to: &routes)
        routes.on(.get, "/ws") { _ in throw Handshake.upgradeRequired }
        routes.on(.get, "/ws/{room}") { _ in throw Handshake.upgradeRequired }
        return try HTTPService(loop: loop, context: context, routes: routes, upgrade: { shard.upgrade($0) })
    }

    /// Who hears of what.
    private func connect(
        _ link: ClusterLink, _ subscriber: Subscriber, _ rpc: RPCClient, _ lease: Lease, _ shard: Shard
    ) {
        var before: RunID?
        link.onConnect = { run in
            subscriber.keepTo(run)
            rpc.keepTo(run)
            if before == nil { lease.start() } else { lease.renew() }
            shard.sender.connected()
            shard.presence.stateAll()
            shard.stored.reconnected()
            shard.quiet.hurry()
            shard.sessionRooms.reconnected()
            // In another run `reload` follows, and they are stated then.
            if run == before { shard.restateRooms() }
            before = run
        }
        subscriber.onDisconnect = { shard.rooms.subscriptionsLost() }
        link.control.onEvent = { shard.hear($0) }
        link.control.onReload = { shard.reload() }
        lease.onLapsed = { shard.presence.stateAll() }
        shard.onForgotten = { lease.renew() }
        let half = PresenceRecord.onlineSeconds / 2
        loop.scheduleRepeating(everyMilliseconds: half * 1000) { shard.presence.renewCopies() }
    }
}
