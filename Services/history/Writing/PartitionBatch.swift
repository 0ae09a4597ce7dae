import Schema

/// What was read of one partition at a time, and what has become of it so far.
///
/// Belongs to its loop.
final class PartitionBatch {
    /// What became of a partition's part of a pass.
    enum Outcome: Equatable {
        /// It is stored; so many rooms are left.
        case done(left: Int)
        /// The partition belongs to another instance.
        case lost
        /// To be tried again a little later.
        case failed(String)
    }

    let owned: OwnedPartition
    let reading: LogReading
    /// Whether as many were taken as its part was.
    let isFull: Bool
    /// What the archive could not take.
    var dead: [DeadLetter]
    /// Set where it ended before it was acknowledged.
    var outcome: Outcome?

    init(_ reading: LogReading, of owned: OwnedPartition, isFull: Bool) {
        self.owned = owned
        self.isFull = isFull
        self.reading = reading
        dead = reading.dead
    }
}

/// Some records of one partition that go into a transaction with those of others.
struct Share {
    let batch: PartitionBatch
    let records: [LogRecord]

    var owned: OwnedPartition { batch.owned }

    fileprivate func having(_ records: ArraySlice<LogRecord>) -> Share {
        Share(batch: batch, records: Array(records))
    }
}

extension [Share] {
    /// Both halves, by partitions as long as there are several, then by the records of the one; nil where a single record
    /// is left.
    var halves: (first: [Share], second: [Share])? {
        if count > 1 { return (.init(self[..<(count / 2)]), .init(self[(count / 2)...])) }
        guard let share = first, share.records.count > 1 else { return nil }
        let middle = share.records.count / 2
        return ([share.having(share.records[..<middle])], [share.having(share.records[middle...])])
    }
}
