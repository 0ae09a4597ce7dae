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
        let run = run
        let end = run.last?.position ?? place
        // What the log is known to have had beyond this, or beyond its epoch, the archive may have.
        let isLast =
            isAll && run.count == recent.count && until <= end.seq && extent?.goesBeyond(end) != true
        guard isLast || !run.isEmpty else { return nil }
        return LogPage(envelopes: run, isLast: isLast, ground: LogGround(extent: extent))
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
    ///
    /// Where an epoch begins that was opened after the room had been looked at, the next look tells.
    var unsought: LogPage<Payload> {
        let known = recent.prefix { !isOfLaterEpoch($0.position) }
        return LogPage(
            envelopes: known, isLast: isAll && known.count == recent.count,
            ground: LogGround(extent: extent, isSought: false))
    }

    private func isOfLaterEpoch(_ position: LogPosition) -> Bool {
        guard let newest = extent?.newest else { return false }
        return position.seq > newest.seq && position.epoch != newest.epoch
    }
}

extension LogStretch: Equatable where Payload: Equatable {}
extension LogStretch: Hashable where Payload: Hashable {}
