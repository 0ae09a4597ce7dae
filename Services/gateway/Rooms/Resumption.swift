import Bus
import Schema

/// Whether a client's `since` is a place from which its room's log can be gone through.
///
/// Pure. A client's word is no knowledge: its place counts only as far as the room or the archive knows it.
enum Resumption: Equatable {
    /// The room knows the place.
    case known
    /// Beyond the end that Redis remembers of an older epoch: only the archive may know it.
    case askArchive
    case unknown

    /// The most that is read from the archive for one who comes back.
    static let archiveLimit: Int64 = 5_000

    init(of since: LogPosition, in log: LogExtent) {
        guard let epoch = log.epoch(since.epoch), since.seq >= epoch.first &- 1 else {
            self = .unknown
            return
        }
        // An epoch without an envelope is known by the place before its first.
        if since.seq <= max(epoch.last, epoch.first &- 1) {
            self = .known
        } else {
            self = since.epoch == log.newest.epoch ? .unknown : .askArchive
        }
    }

    /// How many envelopes lie after a place and below a seq, as far as the room remembers.
    static func count(after since: LogPosition, below end: Int64, in log: LogExtent) -> Int64 {
        log.epochs.reduce(0) { count, epoch in
            count &+ max(min(epoch.last, end &- 1) &- max(epoch.first &- 1, since.seq), 0)
        }
    }
}
