/// How many entries to take at a time: more while there are more, bounded by their bytes.
struct TakeSize {
    /// The most entries of a batch.
    static let most = 1_000
    /// The bytes that a batch may have: a thousand envelopes of 64 KiB would be a reply of 64 MiB.
    static let bytes = 4 << 20

    private(set) var count = 100

    /// A batch of so many entries with so many bytes was taken.
    mutating func took(_ entries: Int, bytes: Int) {
        guard entries > 0 else { return }
        let fits = TakeSize.bytes / max(bytes / entries, 1)
        let wanted = entries >= count ? count * 2 : max(entries, 100)
        count = min(max(min(wanted, fits), 1), TakeSize.most)
    }

    /// A batch could not be stored: perhaps it was too large for the time that it had.
    mutating func failed() { count = max(count / 2, 1) }
}
