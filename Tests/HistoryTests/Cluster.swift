import Engine
import Postgres
import Redis
import Schema
import Support
import Testing

@testable import ChatHistory
@testable import Hosting

/// A history service over a real Redis and a real PostgreSQL, and a way to send.
///
/// Lives on a test's loop.
final class Cluster {
    static let secret = "a secret of more than thirty-two bytes"

    let loop: EventLoop
    let server: RedisServer
    let redis: RedisClient
    let postgres: PostgresClient
    let context: LaunchContext
    let config: HistoryConfig
    private var history: History

    /// Starts all of it; with `database` nil, in a new database of the suite's server.
    init(_ loop: EventLoop, database: String? = nil, starts: Bool = true) async throws {
        self.loop = loop
        server = try RedisServer()
        let url = if let database { database } else { try await SharedPostgres.makeDatabase() }
        config = try Cluster.configuration([
            "REDIS_URL": server.url, "DATABASE_URL": url, "JWT_ALGORITHM": "HS256",
            "JWT_SECRET": Cluster.secret,
        ])
        context = Cluster.makeContext()
        redis = RedisClient(loop: loop, address: config.redis, name: "test")
        postgres = PostgresClient(loop: loop, url: config.postgres, poolSize: 2, name: "test")
        history = try History(config: config, context: context, loop: loop)
        redis.start()
        postgres.start()
        if starts { history.start() }
        try #require(await eventually(on: loop) { redis.isConnected })
    }

    /// Ends one instance of the service and starts another, as a restart does.
    func restart() async throws {
        await history.stop()
        history = try History(config: config, context: context, loop: loop)
        history.start()
    }

    /// One more instance on the same servers, to be started and stopped by the test.
    func another(
        lookMilliseconds: Int = Ingest.lookMilliseconds
    ) throws -> (history: History, metrics: Registry) {
        let context = Cluster.makeContext()
        let history = try History(
            config: config, context: context, loop: loop, lookMilliseconds: lookMilliseconds)
        return (history, context.metrics)
    }

    func stopHistory() async { await history.stop() }

    func startHistory() { history.start() }

    func stop() async {
        await history.stop()
        await postgres.close()
        redis.close()
    }

    var run: String { redis.runID ?? "" }

    var port: Int { history.port }

    private static func makeContext() -> LaunchContext {
        LaunchContext(
            service: "history",
            hosting: HostingSettings(host: "127.0.0.1", port: 0, logLevel: .error, shutdownSeconds: 10),
            writer: LineWriter(descriptor: -1))
    }

    private static func configuration(_ settings: [String: String]) throws -> HistoryConfig {
        let loader = ConfigurationLoader<HistoryConfig>(arguments: [], environment: settings)
        guard case .loaded(let config, _) = loader.load() else { throw Unusable() }
        return config
    }

    struct Unusable: Error {}

    /// A reader like the service's own.
    var pages: Pages {
        Pages(
            redis: redis, archive: ArchivedLog(postgres: postgres), metrics: HistoryMetrics(context.metrics),
            log: .silent)
    }

    /// What answers the bus, like the service's own.
    var queries: HistoryQueries { HistoryQueries(pages: pages, archive: ArchivedLog(postgres: postgres)) }

    // MARK: Rooms

    func open(_ rooms: [RoomID], members: [(String, String)] = [("alice", "member")]) async throws {
        for room in rooms { try await redis.load(room, members: members, run: run, visibility: "public") }
    }

    /// Sends a message by `room_accept` and returns its seq.
    @discardableResult
    func send(_ text: String, to room: RoomID, key: String? = nil) async throws -> Int64 {
        var call = AcceptCall(
            text, room: room, user: .alice, run: run, now: WallClock.milliseconds() + redis.clockOffset)
        if let key {
            let message = NewMessage(content: text, clientMessageID: ClientMessageID(key))
            call.tail = EnvelopeTail.bytes(message, room: room, id: call.id, user: .alice)
        }
        let reply = try await call(redis)
        try #require(reply[0].text == "ok")
        return try #require(reply[2].int)
    }

    // MARK: What there is

    /// The seqs of a room's rows in the archive, rising.
    func archived(_ room: RoomID) async throws -> [Int64] {
        try await postgres.query(
            "SELECT seq FROM history.messages WHERE room = $1 ORDER BY seq", [.text(room.text)]
        ).map { row throws(PostgresError) in try row["seq"].int }
    }

    func stored(_ room: RoomID) async throws -> Int64 {
        try await redis.call("HGET", .text(Keys.room(room)), "stored").int ?? 0
    }

    /// What lies in the dead letters of a room's partition.
    func deadLetters(of room: RoomID) async throws -> [(envelope: String?, reason: String?, detail: String?)]
    {
        let entries = try await redis.call("XRANGE", .text(Keys.logDead(room.partition)), "-", "+")
        return entries.array?.map { ($0[1]["e"].text, $0[1]["reason"].text, $0[1]["detail"].text) } ?? []
    }

    /// A metric of the service without labels; -1 where there is none.
    func metric(_ name: String) -> Int {
        let line = context.metrics.exposition().split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Int($0.dropFirst(name.count + 1)) } ?? -1
    }

    /// Waits until of these rooms all is stored.
    func expectDrained(
        _ rooms: [RoomID] = [.general], withinMilliseconds bound: Int = 60_000,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let isDrained = try await drained(rooms, withinMilliseconds: bound)
        #expect(isDrained, sourceLocation: sourceLocation)
    }

    /// Puts an entry into a room's log as no gateway does, and says that the room has something to store.
    func plant(_ fields: [RedisArgument], at seq: Int64, of room: RoomID) async throws {
        _ = try await redis.call(
            [
                "XADD", .text(Keys.recent(room)), .text("\(seq)-0"),
            ] + fields)
        _ = try await redis.call("HSET", .text(Keys.room(room)), "seq", .int(seq))
        _ = try await redis.call("ZADD", .text(Keys.unstored(room.partition)), "NX", "1", .text(room.text))
    }

    private func drained(_ rooms: [RoomID], withinMilliseconds bound: Int) async throws -> Bool {
        let deadline = Instant.current().advanced(byMilliseconds: bound)
        while Instant.current() < deadline {
            var entries: Int64 = 0
            for partition in Set(rooms.map(\.partition)) {
                entries += try await redis.call("ZCARD", .text(Keys.unstored(partition))).int ?? 0
            }
            if entries == 0 { return true }
            await loop.sleep(milliseconds: 10)
        }
        return false
    }
}

/// Runs a test on a cluster in which these rooms are open, and ends it afterwards.
func withCluster(
    database: String? = nil, starts: Bool = true, rooms: [RoomID] = [.general],
    _ body: nonisolated(nonsending) @escaping @Sendable (Cluster) async throws -> Void
) async throws {
    try await onLoop { loop in
        let cluster = try await Cluster(loop, database: database, starts: starts)
        try await cluster.open(rooms)
        try await body(cluster)
        await cluster.stop()
    }
}
