import Bus

/// How many envelopes of a log to read at a time: as many as have about a quarter of a mebibyte.
///
/// Pure. A thousand envelopes of 64 KiB in one reply would be more than a connection to Redis takes.
struct PageSize {
    private(set) var count = 20

    /// What a page may have, more or less.
    static let bytes = 262_144
    private static let most = 200

    /// Learns from a page for the next one.
    mutating func learn(from page: [LoggedEnvelope]) {
        guard !page.isEmpty else { return }
        let average = max(page.reduce(0) { $0 + $1.bytes.count } / page.count, 1)
        count = min(max(PageSize.bytes / average, 4), PageSize.most)
    }
}
