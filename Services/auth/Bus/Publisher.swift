import Bus
import Engine
import Hosting
import MembershipFunctions
import Postgres
import Redis
import Schema

/// Tells Redis and all processes what has been changed in PostgreSQL.
///
///     change + row in auth.outbox ──► members hash, auth:revoked ──► control:log ──► row deleted
///        one transaction
///
/// What was committed is told, however often Redis or this process goes away meanwhile; twice at worst, which
/// does no harm. One instance at a time does it, in the order of the rows, so that a room's changes stay in
/// order.
final class Publisher {
    private static let batch = 100
    private static let lock = "SELECT pg_try_advisory_xact_lock(hashtext('parley.auth.outbox')) AS mine"
    /// Of what this auth can read.
    private static let oldest = """
        SELECT id, type, data, extract(epoch FROM now() - created_at)::bigint AS age FROM auth.outbox
        WHERE type = ANY($1) AND id <> ALL($2) ORDER BY id LIMIT \(batch)
        """
    /// What it cannot read, as a newer one has written it, which has to tell it.
    private static let foreign = """
        SELECT count(*) AS rows, coalesce(extract(epoch FROM now() - min(created_at)), 0)::bigint AS age FROM (
            SELECT created_at FROM auth.outbox WHERE NOT (type = ANY($1) AND id <> ALL($2))
            ORDER BY id LIMIT \(batch)) AS foreign_rows
        """
    /// How long a transaction stays open for telling: PostgreSQL ends one that has been idle for 5 s, and Redis may be slow.
    private static let passMilliseconds = 1_500
    /// How often it is said that there is what cannot be read.
    private static let warningMilliseconds = 60_000
    /// How long a request waits for its change to be told before it is answered anyway.
    private static let patienceMilliseconds = 2_000

    private let loop: EventLoop
    private let postgres: PostgresClient
    private let redis: RedisClient
    private let copy: RoomCopy
    private let log: Log
    private let metrics: AuthMetrics

    private var waiting: [Int64: Waiting] = [:]
    private var isRunning = false
    private var isWanted = false
    private var isOpen = false
    private var heartbeat: Timer?
    private let pause: Pause
    /// Rows of known types that cannot be read all the same.
    private var unreadable: Set<Int64> = []
    private var warned: Instant?

    init(
        loop: EventLoop, postgres: PostgresClient, redis: RedisClient, copy: RoomCopy, log: Log,
        metrics: AuthMetrics
    ) {
        self.loop = loop
        self.postgres = postgres
        self.redis = redis
        self.copy = copy
        self.log = log
        self.metrics = metrics
        pause = Pause(loop: loop, milliseconds: 50...1_000)
    }

    /// Begins; rows that nobody woke us for (those of an instance that died) are found within a second.
    func start() {
        isOpen = true
        heartbeat = loop.scheduleRepeating(everyMilliseconds: 1_000) { [weak self] in self?.wake() }
        wake()
    }

    func close() {
        isOpen = false
        heartbeat?.cancel()
        pause.close()
        for id in Array(waiting.keys) { settle(id, false) }
    }

    // MARK: For those who change things

    /// The statement that writes events to the outbox, for the transaction of the change itself.
    static func enqueue(_ events: [ControlEvent]) -> PostgresStatement {
        (
            """
            INSERT INTO auth.outbox (type, data) SELECT * FROM unnest($1::text[], $2::text[])
            RETURNING id AS outbox_id
            """,
            [
                .textArray(events.map(\.type)),
                .textArray(events.map { String(decoding: $0.data.encoded, as: UTF8.self) }),
            ]
        )
    }

    /// Waits until the events of a committed transaction have been told, but not for ever: they will be.
    @discardableResult
    func published(_ results: [PostgresRows]) async -> Bool {
        var isDone = true
        guard let rows = results.last else { return true }
        for row in rows {
            guard let id = try? row["outbox_id"].int else { continue }
            isDone = await published(id) && isDone
        }
        return isDone
    }

    /// Waits until the event with this number has been told; false where it takes too long.
    @discardableResult
    func published(_ id: Int64) async -> Bool {
        guard isOpen else { return false }
        return await withCheckedContinuation { continuation in
            wait(for: id) { continuation.resume(returning: $0) }
            wake()
        }
    }

    private func wait(for id: Int64, _ done: @escaping (Bool) -> Void) {
        // Those of one transaction wait together, as long as the first of them.
        guard waiting[id] == nil else { return waiting[id]?.done.append(done) ?? () }
        let timer = loop.schedule(afterMilliseconds: Self.patienceMilliseconds) { [weak self] in
            self?.settle(id, false)
        }
        waiting[id] = Waiting(timer: timer, done: [done])
    }

    /// Looks at the outbox soon.
    func wake() {
        isWanted = true
        guard isOpen, !isRunning else { return }
        isRunning = true
        weak let this = self
        loop.spawn { await this?.run() }
    }

    /// Redis is back: what waited for it is told at once.
    func reconnected() {
        pause.end()
        wake()
    }

    // MARK: Telling

    private struct Waiting {
        let timer: Timer
        var done: [(Bool) -> Void]
    }

    private func settle(_ id: Int64, _ isDone: Bool) {
        guard let waiting = waiting.removeValue(forKey: id) else { return }
        waiting.timer.cancel()
        for done in waiting.done { done(isDone) }
    }

    private func run() async {
        while isOpen, isWanted {
            isWanted = false
            do {
                let outcome = try await pass()
                if outcome != .empty { isWanted = true }
                // Another instance is at it: look again soon, in case it goes away.
                if outcome == .busy { await loop.sleep(milliseconds: 50) }
                pause.end()
            } catch {
                isWanted = true
                log.debug("outbox waits", .error(error))
                await pause.wait()
            }
        }
        isRunning = false
    }

    private enum Outcome { case empty, busy, more }

    private func pass() async throws -> Outcome {
        guard redis.isConnected else { throw RedisError.unavailable }
        let before = Set(waiting.keys)
        var rows: [OutboxRow] = []
        var told: [Int64] = []
        var left = (rows: 0, age: 0)
        var failure: (any Error)?
        let isMine = try await postgres.transaction { transaction in
            let known: [PostgresValue] = [.textArray(ControlEvent.types), .intArray(Array(unreadable))]
            let found = try await transaction.pipeline([
                (Self.lock, []), (Self.oldest, known), (Self.foreign, known),
            ])
            guard try found[0][0]["mine"].bool else { return false }
            for row in found[1] { rows.append(try OutboxRow(row)) }
            left.rows = Int(clamping: try found[2][0]["rows"].int)
            left.age = Int(clamping: try found[2][0]["age"].int)
            let end = Instant.current().advanced(byMilliseconds: Self.passMilliseconds)
            for row in rows {
                guard let event = row.event else {
                    unreadable.insert(row.id)
                    left.rows += 1
                    continue
                }
                do { try await tell(event) } catch {
                    failure = error
                    break
                }
                told.append(row.id)
                if Instant.current() >= end { break }
            }
            guard !told.isEmpty else { return true }
            try await transaction.commit(after: [
                ("DELETE FROM auth.outbox WHERE id = ANY($1)", [.intArray(told)])
            ])
            return true
        }
        guard isMine else { return waiting.isEmpty ? .empty : .busy }
        let readable = rows.filter { $0.event != nil }
        metrics.outbox(
            left: readable.count - told.count + left.rows, oldestSeconds: max(rows.first?.age ?? 0, left.age))
        if left.rows > 0 { warnOfUnreadable() } else { unreadable = [] }
        for id in told { settle(id, true) }
        if let failure { throw failure }
        if rows.count == Self.batch || told.count < readable.count { return .more }
        // What was committed before this pass and is not there any more was told by another instance.
        for id in before { settle(id, true) }
        // What is committed from now on has somebody who wakes us.
        return .empty
    }

    /// Such rows stay, and `parley_auth_outbox_age_seconds` rises.
    private func warnOfUnreadable() {
        let now = Instant.current()
        if let warned, now < warned.advanced(byMilliseconds: Self.warningMilliseconds) { return }
        warned = now
        log.error(
            "outbox holds what this auth cannot read",
            ["next": "A newer auth wrote it, which has to tell it: run one version of auth."])
    }

    private func tell(_ event: ControlEvent) async throws {
        switch event {
        case .members(let changes): try await copy.apply(changes)
        case .revoked(let revocation):
            let field = revocation.field
            _ = try await redis.function(
                ControlFunctions.revoke, keys: [.text(Keys.authRevoked)],
                arguments: [.text(field.name), .text(field.value)])
        case .keys, .room, .limits, .reload: break
        }
        try await ControlLog.append(event, to: redis)
        metrics.published.add()
    }
}

/// A row of the outbox.
private struct OutboxRow {
    let id: Int64
    let age: Int
    /// Nil for what a newer release has written.
    let event: ControlEvent?

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row["id"].int
        age = Int(clamping: try row["age"].int)
        let type = try row["type"].text
        let data = Array(try row["data"].text.utf8)
        event = (try? JSONValue(parsing: data)).flatMap { ControlEvent(type: type, data: $0) }
    }
}
