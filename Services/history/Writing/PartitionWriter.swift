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
    private var size = TakeSize()
    /// How far the archive goes, as far as this writer needs to know: it alone moves these heads.
    private var heads: [RoomID: LogPosition] = [:]

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

    /// Takes and stores one batch.
    func advance() async -> Outcome {
        do {
            guard let entries = try await log.take(size.count, from: cursor) else { return .lost }
            return entries.isEmpty ? nothingTaken() : try await store(entries)
        } catch let error as PostgresError where error.sqlState == ArchiveMigrations.takenOver {
            return .lost
        } catch {
            forget()
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
        for (entry, reason) in reading.unfit {
            try await bury(entry["e"] ?? [], entryID: entry.id, reason, detail: "")
        }
        var stored: [RoomID: LogPosition] = [:]
        try await store(reading.records, into: &stored)
        let isOurs = try await log.stored(
            reading.entryIDs, bytes: reading.bytes, rooms: stored, recent: storage.recent)
        guard isOurs else { return .lost }
        if case .pending = cursor, let last = entries.last { cursor = .pending(after: last.id) }
        return .more
    }

    // MARK: Committing

    /// Commits the records; where the fault lies in them, halves them until it stands alone.
    ///
    /// A first refusal may come from what this writer believed of heads and tables: it forgets that, and tries again.
    private func store(_ records: [LogRecord], into stored: inout [RoomID: LogPosition]) async throws {
        guard !records.isEmpty, try await refusal(of: records, into: &stored) != nil else { return }
        forget()
        guard let refusal = try await refusal(of: records, into: &stored) else { return }
        guard records.count > 1 else {
            return try await bury(records[0], .refused, detail: refusal.sqlState ?? "")
        }
        let middle = records.count / 2
        try await store(Array(records[..<middle]), into: &stored)
        try await store(Array(records[middle...]), into: &stored)
    }

    /// Tries to commit; returns why not where the records themselves are at fault, and throws all else.
    private func refusal(
        of records: [LogRecord], into stored: inout [RoomID: LogPosition]
    ) async throws -> PostgresError? {
        do {
            try await learnHeads(of: records)
            var batch = IngestBatch(records, heads: heads)
            if !batch.doubtful.isEmpty {
                batch.settle(archived: try await storage.archive.ids(at: batch.doubtful.map(\.place)))
            }
            if !batch.rows.isEmpty { try await commit(batch) }
            for record in batch.conflicts { try await bury(record, .conflict, detail: "") }
            heads.merge(batch.heads) { _, new in new }
            stored.merge(batch.stored) { $0.seq > $1.seq ? $0 : $1 }
            count(batch)
            return nil
        } catch let error as PostgresError where error.isFaultOfRows {
            return error
        }
    }

    private func commit(_ batch: IngestBatch) async throws {
        let start = ContinuousClock.now
        try await storage.months.ensure(Set(batch.rows.compactMap { Month(containing: $0.id.milliseconds) }))
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

    // MARK: Dead letters

    private func bury(_ record: LogRecord, _ reason: Unfit, detail: String) async throws {
        try await bury(Array(record.envelope.utf8), entryID: record.entryID, reason, detail: detail)
        // What follows it follows it still.
        let (room, position) = (record.place.room, record.place.position)
        if (heads[room]?.seq ?? 0) < position.seq { heads[room] = position }
    }

    private func bury(_ envelope: [UInt8], entryID: String, _ reason: Unfit, detail: String) async throws {
        try await log.bury(envelope, entryID: entryID, reason: reason, detail: detail)
        storage.metrics.deadLetters.add()
        report.error(
            "dead letter",
            ["entry": .string(entryID), "reason": .string(reason.rawValue), "detail": .string(detail)])
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
