/// How many entries to take at a time, of all partitions together: more while there are more, bounded by their bytes.
struct TakeSize {
    /// The most entries of a batch.
    static let most = 8_000
    /// The most of one partition: as many dead letters as a room notes.
    static let mostOfPartition = 1_000
    /// The bytes that a batch may have: a thousand envelopes of 64 KiB would be a reply of 64 MiB.
    static let bytes = 4 << 20

    private(set) var count = 100

    /// How many each of so many partitions may bring.
    func share(of partitions: Int) -> Int {
        min(max(count / max(partitions, 1), 1), TakeSize.mostOfPartition)
    }

    /// What was taken in a pass.
    struct Taken {
        var partitions: Int
        var entries: Int
        var bytes: Int
        /// The most that one partition brought.
        var fullest: Int
        /// Whether a partition may have more than its share.
        var isFull: Bool
    }

    /// A batch was taken.
    ///
    /// All partitions have the same share, so there must be room for the fullest of them, and for twice that, as it differs
    /// from pass to pass. When it is quiet the size shrinks, but slowly: one that is just too small makes two batches of one.
    mutating func took(_ taken: Taken) {
        guard taken.entries > 0 else { return }
        let fits = TakeSize.bytes / max(taken.bytes / taken.entries, 1)
        let needed = 2 * taken.fullest * taken.partitions
        let wanted = taken.isFull ? count * 2 : max(count - count / 8, needed, 100)
        count = min(max(min(wanted, fits), 1), TakeSize.most)
    }

    /// A batch could not be stored: perhaps it was too large for the time that it had.
    ///
    /// What gathers while nothing can be stored may be much larger than what came before: it is begun with anew.
    mutating func failed() { count = max(min(count / 2, 100), 1) }
}
