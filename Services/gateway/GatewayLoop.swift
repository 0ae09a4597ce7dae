import Access
import Bus
import Engine
import Hosting
import PresenceFunctions
import Redis
import RoomFunctions
import Schema
import Web

/// One of a gateway's loops, with all that lives on it: towards Redis, a gateway of its own with connections and a lease
/// of its own; towards clients, a part of the one.
///
/// Made in order, started in order, ended in reverse, by `Assembly`, which takes each step with all loops.
actor GatewayLoop {
    nonisolated let loop: EventLoop
    private let index: Int
    private let config: GatewayConfig
    private let context: LaunchContext
    private let common: GatewayCommons
    private let log: Log
    private var parts: Parts?
    private var health: Health?
    private var http: HTTPService?

    private struct Parts {
        let link: ClusterLink
        /// Of the first loop only: what one knows of Redis' memory is for all.
        let memory: BusMemoryWatch?
        let channels: ChannelExchange
        let rpc: RPCClient
        let lease: Lease
        let shard: Shard
    }

    init(_ index: Int, _ config: GatewayConfig, _ context: LaunchContext, _ common: GatewayCommons) throws {
        self.index = index
        self.config = config
        self.context = context
        self.common = common
        let isOnly = config.loops == 1
        loop = try context.makeLoop(isOnly ? "gateway" : "gateway-\(index)")
        log = isOnly ? context.log : context.log.with(["loop": .int(index)])
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// What this loop goes by in Redis: no gateway's id has a colon.
    private var id: String { index == 0 ? config.id : "\(config.id):\(index)" }

    // MARK: The beginning

    /// Makes what lives here; answers where other loops write to its exchange of channels.
    func make() throws -> ChannelDoor {
        loop.preconditionCurrent()
        let name = "gateway-\(id)"
        let link = try ClusterLink(
            loop: loop, address: config.redis, tokens: config.tokens, name: name,
            libraries: [
                RoomFunctions.library, DirectFunctions.library, PresenceFunctions.library,
                LimitFunctions.library,
            ],
            log: log)
        let subscriber = Subscriber(loop: loop, address: config.redis, name: "\(name)-rooms")
        let channels = ChannelExchange(index: index, loop: loop, subscriber: subscriber)
        let lease = Lease(id: id, loop: loop, redis: link.redis, log: log)
        let rpc = RPCClient(
            loop: loop, address: config.redis, name: name, redis: link.redis, replyID: lease.incarnation)
        let shard = makeShard(link, channels, rpc, lease)
        let memory = BusMemoryWatch(loop: loop, redis: link.redis, memory: common.busMemory, log: log)
        parts = Parts(
            link: link, memory: index == 0 ? memory : nil, channels: channels, rpc: rpc, lease: lease,
            shard: shard)
        connect(link, channels, rpc, lease, shard)
        return channels.door
    }

    /// Shares the channels with the other loops, and listens; answers on which port.
    ///
    /// - Parameter port: where the first loop listens; nil for the first one.
    func listen(on port: Int?, with doors: [ChannelDoor], of gateway: [GatewayLoop]) throws -> Int {
        loop.preconditionCurrent()
        guard let parts else { throw EngineError.closed }
        parts.channels.share(with: doors)
        let health = makeHealth(of: gateway)
        let sharing: PortSharing = gateway.count == 1 ? .none : port == nil ? .first : .further
        let shard = parts.shard
        let http = try HTTPService(
            loop: loop, context: context, routes: makeRoutes(health), port: port, sharing: sharing,
            upgrade: { shard.upgrade($0) })
        self.health = health
        self.http = http
        return http.port
    }

    /// Begins to connect.
    func start() {
        loop.preconditionCurrent()
        guard let parts else { return }
        parts.link.start()
        parts.channels.start()
        parts.rpc.start()
        parts.shard.start()
        parts.memory?.start()
    }

    private func makeShard(
        _ link: ClusterLink, _ channels: ChannelExchange, _ rpc: RPCClient, _ lease: Lease
    ) -> Shard {
        let (loop, log, redis, metrics) = (loop, log, link.redis, common.metrics)
        let directory = RoomDirectory(redis: redis, rpc: rpc)
        let rooms = Rooms { rooms in
            RoomServices(
                loop: loop, redis: redis, channels: channels, recent: RecentLog(redis: redis),
                archive: ArchivePages(rpc: rpc), directory: directory, log: log, metrics: metrics
            ) { [weak rooms] in rooms?.evict($0, from: $1, $2, asOf: $3) }
        }
        let presence = Presence(loop: loop, redis: redis, incarnation: lease.incarnation, log: log)
        let bounds = RoomCalls.Bounds(
            recentKeep: config.recentKeep, recentMax: config.recentMax, logMaxBytes: config.logMaxBytes,
            seenMax: config.seenMax)
        let calls = RoomCalls(bounds: bounds) { [weak rooms] in rooms?.knownSeq(of: $0) ?? 0 }
        let sender = MessageSender(
            loop: loop, redis: redis, directory: directory, archive: SendArchive(loop: loop, rpc: rpc),
            calls: calls,
            replicas: makeReplicaAcks(lease), backlog: common.backlog, busMemory: common.busMemory,
            directNotices: DirectNotices(
                loop: loop, redis: redis, bound: common.untoldDirect, metrics: metrics),
            gatherMilliseconds: config.gatherMilliseconds, metrics: metrics)
        return Shard(
            loop: loop, config: config, log: log, metrics: metrics, redis: redis, rpc: rpc,
            authority: link.authority, directory: directory, rooms: rooms,
            people: People(
                loop: loop, channels: channels, presence: presence,
                inbox: DirectInbox(loop: loop, redis: redis, log: log)),
            presence: presence, sender: sender,
            stored: StoredWatch(
                loop: loop, redis: redis, channels: channels, archive: ArchivePages(rpc: rpc),
                bound: common.storedWaits, metrics: metrics),
            degradation: Degradation(index: index, loop: loop, redis: redis, judgement: common.judgement) {
                channels.isRestored && rpc.isReady
            },
            entrance: common.entrance, pageRoom: common.pageRoom)
    }

    private func makeReplicaAcks(_ lease: Lease) -> ReplicaAcks? {
        guard config.ackReplicas > 0 else { return nil }
        return ReplicaAcks(
            needed: config.ackReplicas, loop: loop, address: config.redis, name: "gateway-\(id)",
            incarnation: lease.incarnation, tooFew: common.metrics.tooFewReplicas)
    }

    /// Who hears of what.
    private func connect(
        _ link: ClusterLink, _ channels: ChannelExchange, _ rpc: RPCClient, _ lease: Lease, _ shard: Shard
    ) {
        var before: RunID?
        link.onConnect = { run in
            channels.keepTo(run)
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
        channels.onLost = { shard.rooms.subscriptionsLost($0) }
        channels.onFellBehind = { [metrics = common.metrics, log] loop in
            metrics.leftBehind.add()
            log.warn("a loop is far behind: its rooms are read again", ["behind": .int(loop)])
        }
        link.control.onEvent = { shard.hear($0) }
        link.control.onReload = { shard.reload() }
        lease.onLapsed = { shard.presence.stateAll() }
        lease.onRenewed = { shard.presence.stateUnsettled() }
        shard.onForgotten = { lease.renew() }
        let half = PresenceRecord.onlineSeconds / 2
        loop.scheduleRepeating(everyMilliseconds: half * 1000) { shard.presence.renewCopies() }
    }

    // MARK: What operators ask

    /// Each loop answers for all: a client may be served by any.
    private func makeHealth(of gateway: [GatewayLoop]) -> Health {
        let health = Health(loop: loop)
        // What one loop knows of Redis is what all do.
        health.check("redis") { try self.requireRedis() }
        health.check("keys") {
            for each in gateway { try await each.requireKeys() }
        }
        return health
    }

    private func requireRedis() throws {
        guard parts?.shard.degradation.isReady == true else { throw RedisError.unavailable }
    }

    private func requireKeys() throws {
        guard parts?.shard.authority.isReady == true else { throw AuthenticationFailure.unavailable }
    }

    private func makeRoutes(_ health: Health) -> Routes {
        var routes = Routes()
        OperationsEndpoint(health: health, metrics: context.metrics).add(to: &routes)
        PageFiles().add(to: &routes)
        routes.on(.get, "/ws") { _ in throw Handshake.upgradeRequired }
        routes.on(.get, "/ws/{room}") { _ in throw Handshake.upgradeRequired }
        return routes
    }

    // MARK: The end

    /// Is not ready from now on, and takes no new clients.
    func beginToDrain() {
        loop.preconditionCurrent()
        health?.isDraining = true
        parts?.shard.isDraining = true
        parts?.shard.degradation.stop()
    }

    /// Sends every client elsewhere.
    func drain() async {
        loop.preconditionCurrent()
        await parts?.shard.drain(milliseconds: config.drainSeconds * 1_000)
    }

    /// Listens no more, and answers what was asked.
    func closeHTTP() async {
        loop.preconditionCurrent()
        await http?.drain(withinMilliseconds: 1_000)
    }

    /// Gives back what it holds in Redis, and ends for good.
    func close() async {
        loop.preconditionCurrent()
        guard let parts else { return }
        parts.shard.sender.close()
        parts.memory?.stop()
        await parts.lease.release()
        parts.rpc.close()
        parts.channels.close()
        parts.link.close()
        self.parts = nil
        health = nil
        http = nil
    }
}
