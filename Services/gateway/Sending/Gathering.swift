/// How long messages wait for others to set out together.
///
/// Pure. While few are under way, or each is soon answered, none waits. Where more are under way than one call holds and
/// they take long, work has piled up, and the dearest of it can be shared: a call, a room in it, a write to a connection.
/// Then rooms set out by turns, a group of them at a time, three times as far apart as answers take, up to a bound, which
/// a core that is full reaches.
struct Gathering {
    /// How many groups there are: a room's turn comes again after as many departures.
    ///
    /// All at once would be one heap, of which the last has to wait for the first.
    static let groups = 4

    /// How long after these the next group sets out, in milliseconds; 0: nobody waits.
    private(set) var interval = 0
    /// The longest interval, in milliseconds; 0: nobody ever waits.
    private let most: Int
    /// The longest that one was under way of those whose answers came since the last set out.
    private var longest: Int?

    /// What takes less is not worth beginning for.
    private static let soonMilliseconds = 10
    /// What takes less, once it is a group that is answered, is not worth going on for.
    private static let groupSoonMilliseconds = 4
    /// Fewer would go by one call anyway.
    private static let few = Int(RoomCalls.most)

    /// `most` is how long a room waits at most, in milliseconds, besides what its loop is late; 0: it never does.
    ///
    /// Each group has its whole milliseconds of it, one at least.
    init(most: Int) { self.most = most == 0 ? 0 : max(most / Self.groups, 1) }

    /// One has its answer, so long after it set out.
    mutating func answered(afterMilliseconds time: Int) { longest = max(longest ?? 0, time) }

    /// Some set out, and so many are under way now or wait for their turn, these included.
    mutating func setOut(underWay: Int) {
        guard most > 0 else { return }
        if let longest {
            let soon = interval == 0 ? Self.soonMilliseconds : Self.groupSoonMilliseconds
            let wanted = longest < soon ? 0 : min(longest, most) * 3
            // It grows at once, and shrinks by and by: a few quick answers do not tell of an end.
            interval = min(max(wanted, interval - max(interval / 4, 1)), most)
        }
        if underWay < Self.few { interval = 0 }
        longest = nil
    }
}
