import Engine

/// Since when an instance cannot store what is its own, and what comes of it.
///
/// Pure. Two steps: where PostgreSQL is away for all, none of them is counted any more by the time the first would
/// leave its partitions, so that nothing moves to one who only notices later. And an outage that is soon over moves
/// nothing either: moving costs a hand-over there and one back.
struct Inability {
    /// How long it lasts before the instance leaves its partitions to others.
    static let milliseconds = 5_000

    /// How the instance stands among the others.
    enum Standing {
        /// It stores, and is counted.
        case able
        /// It is not counted, keeps what it has, and takes nothing.
        case unable
        /// It leaves what it has to those that are counted, if there are any.
        case replaceable
    }

    private var since: Instant?

    /// What follows from what was found now.
    mutating func standing(isAble: Bool, now: Instant) -> Standing {
        guard !isAble else {
            since = nil
            return .able
        }
        let start = since ?? now
        since = start
        return start.advanced(byMilliseconds: Inability.milliseconds) <= now ? .replaceable : .unable
    }
}
