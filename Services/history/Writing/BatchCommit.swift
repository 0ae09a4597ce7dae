import Engine
import Hosting
import Postgres
import Schema

/// Commits what was taken of several partitions in one transaction; where the fault lies in it, halves it until it stands
/// alone.
///
/// Belongs to its loop.
final class BatchCommit {
    private let storage: Storage
    private let log: Log

    /// What committing needs.
    struct Storage {
        let archive: Archive
        let months: MonthPartitions
        let recent: RecentSettings
        let metrics: HistoryMetrics
    }

    init(storage: Storage, log: Log) {
        self.storage = storage
        self.log = log
    }

    /// Commits all that these batches have; throws what is no fault of theirs.
    ///
    /// A batch whose partition turns out to be another's has its outcome set, and the rest is committed.
    func commit(_ batches: [PartitionBatch]) async throws {
        let shares = batches.map { Share(batch: $0, records: $0.reading.records) }
        try await commit(shares.filter { !$0.records.isEmpty })
    }

    /// A first refusal may come from what we believed of heads and tables: that is forgotten, and tried again.
    private func commit(_ shares: [Share]) async throws {
        guard let share = shares.first, var refusal = try await refusal(of: shares) else { return }
        if !refusal.isTakeOver {
            forget(shares)
            guard let again = try await self.refusal(of: shares) else { return }
            refusal = again
        }
        if refusal.isTakeOver, shares.count == 1 {
            // All that is of the partition is another's to write, however much there is.
            share.batch.outcome = .lost
        } else if let (first, second) = shares.halves {
            try await commit(first)
            try await commit(second)
        } else {
            try await bury(share, refusal)
        }
    }

    /// Puts a tombstone in the record's place; where even that is refused, the room's log has a hole there.
    private func bury(_ share: Share, _ refusal: PostgresError) async throws {
        guard let record = share.records.first else { return }
        let detail = refusal.sqlState ?? ""
        if record.deadLetter == nil {
            let tombstone = record.tombstone(detail: detail, keepsID: !refusal.isUniqueViolation)
            let refusal = try await self.refusal(of: [Share(batch: share.batch, records: [tombstone])])
            guard let refusal else { return }
            guard !refusal.isTakeOver else {
                share.batch.outcome = .lost
                return
            }
        }
        share.batch.dead.append(record.deadLetter ?? record.dead(.refused, detail: detail))
        share.owned.pass(record.place)
    }

    /// Tries to commit; returns why not where the records or a fence are at fault, and throws all else.
    private func refusal(of shares: [Share]) async throws -> PostgresError? {
        do {
            try await learnHeads(of: shares)
            var batches = shares.map { IngestBatch($0.records, heads: $0.owned.heads) }
            let doubtful = batches.flatMap { $0.doubtful.map(\.place) }
            if !doubtful.isEmpty {
                let archived = try await storage.archive.entries(at: doubtful)
                for index in batches.indices { batches[index].settle(archived: archived) }
            }
            try await insert(batches, of: shares)
            for (share, batch) in zip(shares, batches) { committed(batch, of: share) }
            return nil
        } catch let error as PostgresError where error.isFaultOfRows || error.isTakeOver {
            return error
        }
    }

    private func insert(_ batches: [IngestBatch], of shares: [Share]) async throws {
        var transaction = Archive.Transaction()
        for (batch, share) in zip(batches, shares) where !batch.rows.isEmpty {
            transaction.add(batch, of: share.owned.partition, fence: share.owned.fence)
        }
        guard !transaction.rows.isEmpty else { return }
        let start = ContinuousClock.now
        try await storage.months.ensure(
            Set(transaction.rows.compactMap { Month(containing: $0.createdAt) }))
        try await storage.archive.commit(transaction)
        storage.metrics.commitSeconds.observe(.now - start)
    }

    private func committed(_ batch: IngestBatch, of share: Share) {
        share.owned.learn(batch.heads)
        share.batch.dead += batch.dead
        storage.metrics.stored.add(batch.rows.count)
        storage.metrics.replays.add(batch.replays.count)
        storage.metrics.holes.add(batch.holes)
        guard batch.holes > 0 else { return }
        log.warn(
            "a seq was left out",
            ["partition": .int(share.owned.partition.number), "times": .int(batch.holes)])
    }

    private func learnHeads(of shares: [Share]) async throws(PostgresError) {
        var unknown: Set<RoomID> = []
        for share in shares { unknown.formUnion(share.owned.unknownRooms(of: share.records)) }
        guard !unknown.isEmpty else { return }
        let heads = try await storage.archive.heads(of: Array(unknown))
        let byPartition = Dictionary(grouping: heads) { $0.key.partition }
        for share in shares {
            for (room, head) in byPartition[share.owned.partition] ?? [] { share.owned.learn([room: head]) }
        }
    }

    private func forget(_ shares: [Share]) {
        for share in shares { share.owned.forget() }
        storage.months.forget()
    }
}

extension PostgresError {
    /// Whether the rows rather than the database are at fault: bad data, a constraint, or a limit of the program.
    ///
    /// Anything else, a missing right for example, would be true of every entry: it must not make dead letters.
    fileprivate var isFaultOfRows: Bool {
        if case .parameter = self { return true }
        guard let sqlState else { return false }
        return ["22", "23", "54"].contains(sqlState.prefix(2))
    }

    /// Whether a partition of the batch has been taken over by another instance.
    fileprivate var isTakeOver: Bool { sqlState == ArchiveMigrations.takenOver }
}
