/// How many entries to take at a time, of all partitions together: more while there are more, bounded by their bytes.
struct TakeSize {
    /// The most entries of a batch.
    static let most = 1_000
    /// The bytes that a batch may have: a thousand envelopes of 64 KiB would be a reply of 64 MiB.
    static let bytes = 4 << 20

    private(set) var count = 100

    /// A batch of so many entries with so many bytes was taken; full where a partition may have more than its part of it.
    ///
    /// When it is quiet it shrinks, but slowly: a size that is just too small makes two batches of one.
    mutating func took(_ entries: Int, bytes: Int, isFull: Bool) {
        guard entries > 0 else { return }
        let fits = TakeSize.bytes / max(bytes / entries, 1)
        let wanted = isFull ? count * 2 : max(count - count / 8, entries, 100)
        count = min(max(min(wanted, fits), 1), TakeSize.most)
    }

    /// A batch could not be stored: perhaps it was too large for the time that it had.
    mutating func failed() { count = max(count / 2, 1) }
}
