import Bus
import Schema

/// What Redis has of a room's log after some place, and whether the archive has to be asked as well.
///
/// Pure. Redis is read first: what moves from one to the other meanwhile is found in the archive.
struct LogStretch<Payload> {
    private let place: LogPosition
    private let recent: [LogEnvelope<Payload>]
    /// Whether Redis had no more than these.
    private let isAll: Bool
    /// The log is known to have had something up to here.
    private let until: Int64
    private let extent: LogExtent?

    init(
        after place: LogPosition, until: Int64, recent: [LogEnvelope<Payload>], isAll: Bool,
        extent: LogExtent?
    ) {
        self.place = place
        self.until = until
        self.recent = recent
        self.isAll = isAll
        self.extent = extent
    }

    /// The page that Redis alone can vouch for; nil where it does not go on right after the place.
    var page: LogPage<Payload>? {
        let ground = LogGround(extent: extent)
        let run = run
        guard run.isEmpty else {
            return LogPage(envelopes: run, isLast: isAll && run.count == recent.count, ground: ground)
        }
        let hasEnded = recent.isEmpty && until <= place.seq && extent?.goesBeyond(place) != true
        return hasEnded ? LogPage(isLast: true, ground: ground) : nil
    }

    /// Those that follow the place one by one, in its epoch.
    private var run: ArraySlice<LogEnvelope<Payload>> {
        var next = place
        return recent.prefix { envelope in
            next.seq &+= 1
            return envelope.position == next
        }
    }

    /// The page of what history has joined; nil where it lacks what Redis had: the two do not know each other yet.
    func joined(_ envelopes: [LogEnvelope<Payload>], isComplete: Bool) -> LogPage<Payload>? {
        let end = envelopes.last?.position.seq ?? place.seq
        guard !isComplete || recent.last?.position.seq ?? 0 <= end else { return nil }
        return LogPage(
            envelopes: envelopes[...], isLast: isComplete || envelopes.isEmpty,
            ground: LogGround(extent: extent))
    }

    /// What there is without the archive, its breaks not explained.
    var unsought: LogPage<Payload> {
        LogPage(
            envelopes: recent[...], isLast: isAll, ground: LogGround(extent: extent, isSought: false))
    }
}

extension LogStretch: Equatable where Payload: Equatable {}
extension LogStretch: Hashable where Payload: Hashable {}
