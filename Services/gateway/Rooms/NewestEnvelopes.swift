import Bus
import Schema

/// The newest envelopes of a log, gathered from its end some at a time.
///
/// Pure. A hundred of 64 KiB each are more than may be held for a reader that has stalled: of what does not fit into a
/// page only the place is kept, to read on from there.
struct NewestEnvelopes<Payload> {
    /// In rising order; none where they do not fit into a page.
    private(set) var envelopes: [LogEnvelope<Payload>] = []
    /// The place of the first of them.
    private(set) var first: LogPosition?
    /// How many more to look for.
    private(set) var missing: Int
    private var room = PageSize.bytes

    /// Whether they fit into a page.
    var areWhole: Bool { room >= 0 }

    init(_ count: Int) { missing = count }

    /// Whether the archive may have some that Redis has not: below the first, or at the end of an epoch among these.
    func mayLackSome(upTo extent: LogExtent) -> Bool {
        guard let first else { return missing > 0 && extent.newest.seq > 0 }
        return missing > 0 && first.seq > 1 || first.epoch != extent.newest.epoch
    }

    /// Takes those that stand right below the ones it has, in rising order.
    mutating func add(_ older: [LogEnvelope<Payload>]) {
        first = older.first?.position ?? first
        missing -= older.count
        room -= older.reduce(0) { $0 + $1.size }
        envelopes = areWhole ? older + envelopes : []
    }
}

extension NewestEnvelopes: Equatable where Payload: Equatable {}
extension NewestEnvelopes: Hashable where Payload: Hashable {}
