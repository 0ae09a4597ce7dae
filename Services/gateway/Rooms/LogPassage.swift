import Bus
import Schema

/// What a reader of the log is told between two envelopes that do not follow each other.
enum LogNotice: Hashable {
    /// These cannot be given.
    case gap(epoch: String, seqs: ClosedRange<Int64>)
    /// A new epoch begins at `first`; the reader has come as far as `previous` in the one before.
    case epoch(first: LogPosition, previous: LogPosition)
}

/// The way of one reader through a log: from place to place, with a notice wherever seq does not go on by one.
///
/// Pure. Whoever moves on knows that the log holds nothing of what lies between, or that nobody can say so.
struct LogPassage {
    private(set) var place: LogPosition
    private(set) var notices: [LogNotice] = []

    /// The notices on the way from one place to another.
    static func notices(
        from start: LogPosition, to end: LogPosition, over ground: LogGround
    ) -> [LogNotice] {
        var passage = LogPassage(place: start)
        passage.move(to: end, over: ground)
        return passage.notices
    }

    private init(place: LogPosition) { self.place = place }

    private mutating func move(to end: LogPosition, over ground: LogGround) {
        if place.epoch != end.epoch {
            let first = ground.extent?.epoch(end.epoch)?.first ?? end.seq &+ 1
            if ground.isSought {
                finishEpochs(before: first, ground.extent)
            } else {
                miss(through: first &- 1)
            }
            begin(end.epoch, at: first)
        }
        miss(through: end.seq)
    }

    /// All that the room remembers to have given in the present epoch, and in those between, is gone.
    private mutating func finishEpochs(before next: Int64, _ extent: LogExtent?) {
        let start = place
        for epoch in extent?.epochs ?? [] where epoch.first < next {
            if epoch.epoch == start.epoch {
                miss(through: min(epoch.last, next &- 1))
            } else if epoch.first > start.seq, epoch.last >= epoch.first {
                begin(epoch.epoch, at: epoch.first)
                miss(through: min(epoch.last, next &- 1))
            }
        }
    }

    private mutating func begin(_ epoch: String, at first: Int64) {
        notices.append(.epoch(first: LogPosition(epoch: epoch, seq: first), previous: place))
        place = LogPosition(epoch: epoch, seq: first &- 1)
    }

    private mutating func miss(through seq: Int64) {
        guard seq > place.seq else { return }
        notices.append(.gap(epoch: place.epoch, seqs: place.seq &+ 1...seq))
        place.seq = seq
    }
}
