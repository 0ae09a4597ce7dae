import Access
import ArchiveFunctions
import Bus
import Engine
import Hosting
import Postgres
import Redis
import RoomFunctions
import Schema
import Web

/// The parts of history, made on their loop: constructed in order, started in order, stopped in reverse.
final class History {
    private let health: Health
    private let link: ClusterLink
    private let postgres: PostgresClient
    private let preparation: ArchivePreparation
    private let months: MonthPartitions
    private let leases: Leases
    private let ingest: Ingest
    private let wakes: Subscriber
    private let rpc: RPCClient
    private let queries: RPCServer
    private let http: HTTPService
    private let beacon: ServiceBeacon

    init(
        config: HistoryConfig, context: LaunchContext, loop: EventLoop,
        lookMilliseconds: Int = Ingest.lookMilliseconds
    ) throws {
        let (log, metrics) = (context.log, HistoryMetrics(context.metrics))
        link = try ClusterLink(
            loop: loop, address: config.redis, tokens: config.tokens, name: "history",
            libraries: [ArchiveFunctions.library, RoomFunctions.library, DirectFunctions.library], log: log)
        let (redis, token) = (link.redis, link.instance)
        postgres = PostgresClient(
            loop: loop, url: config.postgres, poolSize: config.postgresPool, name: "history",
            settings: History.bounds)

        // Writing.
        preparation = ArchivePreparation(loop: loop, postgres: postgres, log: log)
        months = MonthPartitions(loop: loop, postgres: postgres, ahead: config.partitionsAhead, log: log)
        leases = Leases(loop: loop, redis: redis, token: token, gauge: metrics.leases)
        let storage = BatchCommit.Storage(
            archive: Archive(postgres: postgres), months: months, recent: config.recent, metrics: metrics)
        wakes = Subscriber(loop: loop, address: config.redis, name: "history")
        ingest = Ingest(
            loop: loop, redis: redis, subscriber: wakes, postgres: postgres, storage: storage, token: token,
            lookMilliseconds: lookMilliseconds, log: log)

        // Reading.
        rpc = RPCClient(loop: loop, address: config.redis, name: "history", redis: redis, replyID: token)
        let archive = ArchivedLog(postgres: postgres)
        let pages = Pages(redis: redis, archive: archive, metrics: metrics, log: log)
        let answers = HistoryQueries(pages: pages, archive: archive)
        queries = RPCServer(
            loop: loop, address: config.redis, service: "history", instance: token, redis: redis
        ) { type, data throws(ErrorCode) in try await answers.answer(type, data) }

        let (database, preparation) = (postgres, preparation)
        beacon = ServiceBeacon(loop: loop, redis: redis, service: "history", instance: token) {
            guard preparation.isDone else { return false }
            return (try? await database.ping()) != nil
        }

        // Being asked.
        health = Health(loop: loop)
        var routes = Routes()
        OperationsEndpoint(health: health, metrics: context.metrics).add(to: &routes)
        HistoryRoutes(
            callers: Callers(authority: link.authority), directory: RoomDirectory(redis: redis, rpc: rpc),
            pages: pages, standings: Standings(postgres: postgres)
        ).add(to: &routes)
        http = try HTTPService(loop: loop, context: context, routes: routes)

        connect(log, to: config.postgres)
    }

    /// Nothing here takes long; and a PostgreSQL that is held still must not keep readers waiting, or the partitions of an
    /// instance that has to be replaced.
    private static var bounds: PostgresSettings {
        var bounds = PostgresSettings()
        bounds.connectTimeout = 3_000
        bounds.statementTimeout = 5_000
        bounds.replyTimeout = 6_000
        return bounds
    }

    /// Who tells whom.
    private func connect(_ log: Log, to record: PostgresURL) {
        let (leases, ingest, preparation) = (leases, ingest, preparation)
        let (link, postgres, rpc, wakes) = (link, postgres, rpc, wakes)
        link.onConnect = { run in
            rpc.keepTo(run)
            wakes.keepTo(run)
            leases.renew()
        }
        postgres.onConnectionFailure = { [place = record.description] in
            log.warn("cannot connect to postgres", ["address": .string(place), "reason": .string($0)])
        }
        // The beacon asks PostgreSQL each second: what failed last has not succeeded since.
        leases.isAble = { postgres.breakerState == .closed(failures: 0) }
        leases.onGained = { ingest.own($0) }
        leases.onLost = { ingest.disown($0) }
        leases.onSurplus = { ingest.yield($0) }
        // Weak, as the leases hold what writes.
        ingest.onTakenOver = { [weak leases] in leases?.drop($0) }
        ingest.onYielded = { [weak leases] in leases?.giveBack($0) }
        link.add(to: health)
        health.check("postgres") {
            try await postgres.ping()
            if let reason = preparation.standing.reason { throw reason }
            guard preparation.isDone else { throw NotReady.migrating }
        }
        health.check("leases") {
            guard leases.orphans == 0 else { throw NotReady.orphans(leases.orphans) }
        }
    }

    /// The port it is asked on.
    var port: Int { http.port }

    func start() {
        link.start()
        postgres.start()
        rpc.start()
        queries.start()
        wakes.start()
        beacon.start()
        preparation.run { [months, leases, ingest] in
            months.start()
            leases.start()
            ingest.start()
        }
    }

    /// Answers what was asked, finishes the batches under way, and gives the leases back.
    func stop() async {
        health.isDraining = true
        beacon.stop()
        queries.close()
        await http.drain(withinMilliseconds: 3_000)
        preparation.stop()
        leases.retire()
        await ingest.stop(withinMilliseconds: 12_000)
        await leases.release()
        months.stop()
        rpc.close()
        wakes.close()
        await postgres.close()
        link.close()
    }
}
