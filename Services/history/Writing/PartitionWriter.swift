import Engine
import Hosting
import Postgres
import Redis
import Schema

/// Brings one partition's log into the archive, batch by batch: take, commit, then acknowledge.
///
/// Belongs to its loop; one `advance` at a time. After any failure it begins again with what was taken and not
/// acknowledged: the heads in the archive tell what of it had been committed.
final class PartitionWriter {
    /// What became of one step.
    enum Outcome: Equatable {
        /// There was nothing to take.
        case idle
        /// There may be more.
        case more
        /// The partition belongs to another instance.
        case lost
        /// To be tried again a little later.
        case failed(String)
    }

    private let log: PartitionLog
    private let fence: Int64
    private let storage: Storage
    private let report: Log
    private var cursor = PartitionLog.Cursor.pending(after: "0")
    private var mustStartOver = false
    private var size = TakeSize()
    /// How far the archive goes, as far as this writer needs to know: it alone moves these heads.
    private var heads: [RoomID: LogPosition] = [:]

    /// Dead letters whose senders were told, and that were not acknowledged since: their batch will be tried again.
    private var told: Set<String> = []

    private static let mostHeads = 20_000

    /// What all writers share.
    struct Storage {
        let archive: Archive
        let months: MonthPartitions
        let recent: RecentSettings
        let metrics: HistoryMetrics
    }

    init(log: PartitionLog, fence: Int64, storage: Storage, report: Log) {
        self.log = log
        self.fence = fence
        self.storage = storage
        self.report = report.with(["partition": .int(log.partition.number)])
    }

    /// Begins again with what was taken and not acknowledged, once the batch under way has ended.
    func startOver() { mustStartOver = true }

    /// Takes and stores one batch.
    func advance() async -> Outcome {
        if mustStartOver {
            mustStartOver = false
            cursor = .pending(after: "0")
        }
        do {
            guard let entries = try await log.take(size.count, from: cursor) else { return .lost }
            return entries.isEmpty ? nothingTaken() : try await store(entries)
        } catch let error as PostgresError where error.sqlState == ArchiveMigrations.takenOver {
            return .lost
        } catch {
            forget()
            size.failed()
            cursor = .pending(after: "0")
            return .failed(String(describing: error))
        }
    }

    private func nothingTaken() -> Outcome {
        guard case .pending = cursor else { return .idle }
        cursor = .new
        return .more
    }

    private func store(_ entries: [StreamEntry]) async throws -> Outcome {
        let reading = LogReading(entries, of: log.partition, now: WallClock.milliseconds())
        size.took(entries.count, bytes: reading.bytes)
        storage.metrics.batchEntries.observe(Double(entries.count))
        var settlement = Settlement(dead: reading.dead)
        try await store(reading.records, into: &settlement)
        // Before anybody hears that the room is stored so far: else it would be taken for true of these too.
        try await tell(settlement.dead)
        let isOurs = try await log.stored(
            reading.entryIDs, bytes: reading.bytes, settlement, recent: storage.recent)
        guard isOurs else { return .lost }
        settlement.dead.forEach(report)
        told.subtract(reading.entryIDs)
        if case .pending = cursor, let last = entries.last { cursor = .pending(after: last.id) }
        return .more
    }

    // MARK: Committing

    /// Commits the records; where the fault lies in them, halves them until it stands alone.
    ///
    /// A first refusal may come from what this writer believed of heads and tables: it forgets that, and tries again.
    private func store(_ records: [LogRecord], into settlement: inout Settlement) async throws {
        guard !records.isEmpty, try await refusal(of: records, into: &settlement) != nil else { return }
        forget()
        guard let refusal = try await refusal(of: records, into: &settlement) else { return }
        guard records.count > 1 else { return try await bury(records[0], refusal, into: &settlement) }
        let middle = records.count / 2
        try await store(Array(records[..<middle]), into: &settlement)
        try await store(Array(records[middle...]), into: &settlement)
    }

    /// Puts a tombstone in the record's place; where even that is refused, the room's log has a hole there.
    private func bury(
        _ record: LogRecord, _ refusal: PostgresError, into settlement: inout Settlement
    ) async throws {
        let detail = refusal.sqlState ?? ""
        if record.deadLetter == nil {
            let tombstone = record.tombstone(detail: detail, keepsID: !refusal.isUniqueViolation)
            guard try await self.refusal(of: [tombstone], into: &settlement) != nil else { return }
        }
        settlement.add(record.deadLetter ?? record.dead(.refused, detail: detail))
        // What follows it follows it still.
        let (room, position) = (record.place.room, record.place.position)
        if (heads[room]?.seq ?? 0) < position.seq { heads[room] = position }
    }

    /// Tries to commit; returns why not where the records themselves are at fault, and throws all else.
    private func refusal(
        of records: [LogRecord], into settlement: inout Settlement
    ) async throws -> PostgresError? {
        do {
            try await learnHeads(of: records)
            var batch = IngestBatch(records, heads: heads)
            if !batch.doubtful.isEmpty {
                batch.settle(archived: try await storage.archive.entries(at: batch.doubtful.map(\.place)))
            }
            if !batch.rows.isEmpty { try await commit(batch) }
            heads.merge(batch.heads) { _, new in new }
            settlement.add(batch)
            count(batch)
            return nil
        } catch let error as PostgresError where error.isFaultOfRows {
            return error
        }
    }

    private func commit(_ batch: IngestBatch) async throws {
        let start = ContinuousClock.now
        try await storage.months.ensure(Set(batch.rows.compactMap { Month(containing: $0.createdAt) }))
        try await storage.archive.commit(batch.rows, heads: batch.heads, to: log.partition, token: fence)
        storage.metrics.commitSeconds.observe(.now - start)
    }

    private func learnHeads(of records: [LogRecord]) async throws(PostgresError) {
        let unknown = Set(records.map(\.place.room)).filter { heads[$0] == nil }
        guard !unknown.isEmpty else { return }
        if heads.count > PartitionWriter.mostHeads { heads = [:] }
        let wanted = heads.isEmpty ? Set(records.map(\.place.room)) : unknown
        heads.merge(try await storage.archive.heads(of: Array(wanted))) { _, new in new }
    }

    private func forget() {
        heads = [:]
        storage.months.forget()
    }

    // MARK: Telling

    /// Tells the senders, once each however often the batch is tried.
    private func tell(_ letters: [DeadLetter]) async throws(RedisError) {
        for letter in letters where !told.contains(letter.entryID) {
            try await log.tell(letter)
            told.insert(letter.entryID)
        }
    }

    private func report(_ letter: DeadLetter) {
        storage.metrics.deadLetters.add()
        report.error(
            "dead letter",
            [
                "entry": .string(letter.entryID), "reason": .string(letter.reason.rawValue),
                "detail": .string(letter.detail), "place": .string(letter.place?.position.description ?? ""),
            ])
    }

    private func count(_ batch: IngestBatch) {
        storage.metrics.stored.add(batch.rows.count)
        storage.metrics.replays.add(batch.replays.count)
        storage.metrics.holes.add(batch.holes)
        if batch.holes > 0 { report.warn("a seq was left out", ["times": .int(batch.holes)]) }
    }
}

extension PostgresError {
    /// Whether the rows rather than the database are at fault: bad data, a constraint, or a limit of the program.
    ///
    /// Anything else, a missing right for example, would be true of every entry: it must not make dead letters.
    var isFaultOfRows: Bool {
        if case .parameter = self { return true }
        guard let sqlState else { return false }
        return ["22", "23", "54"].contains(sqlState.prefix(2))
    }
}
