import Schema

/// From which message on a connection is given a room, when it was told of one: who sent those right before it may tell
/// of them later, and what comes then in the log would be out of order.
///
/// Pure. Below the message told of counts what stands there without a break, and is as young as the connection.
struct LookBack {
    /// The place of the first message that counts, as far as has been looked.
    private(set) var first: LogPosition
    /// What is not above this seq it has had.
    private let had: Int64
    /// When the connection came, in milliseconds of Redis' clock.
    private let since: Int64
    private var found = 0
    private var isOver = false

    /// The most that count: a connection would have been told of more than a few long ago.
    static let most = 100

    init(from told: LogPosition, above had: Int64, since: Int64) {
        first = told
        self.had = had
        self.since = since
    }

    /// How many envelopes right below the first are to be looked at next; 0 where nothing more can count.
    ///
    /// Mostly the very first is an old one: as many again each time as before.
    var wanted: Int {
        isOver || first.seq &- 1 <= had ? 0 : min(found + 1, Self.most - found)
    }

    /// Takes envelopes that stand below the first, in rising order, and the times of their messages.
    mutating func add(_ older: [(position: LogPosition, time: Int64)]) {
        isOver = older.isEmpty
        for (position, time) in older.reversed() {
            let isNext = position.epoch == first.epoch && position.seq == first.seq &- 1
            guard isNext, position.seq > had, time >= since else {
                isOver = true
                return
            }
            first = position
            found += 1
        }
    }
}
