/// How long messages wait for others to set out together.
///
/// Pure. While few are under way, or each is soon answered, none waits. Where more are under way than one call holds and
/// they take long, work has piled up, and the dearest of it can be shared: a call, a room in it, a write to a connection.
/// Then the next set out a little longer after these than those before took, so that the pause is what the load makes
/// it. PostgreSQL's `commit_delay` and `commit_siblings` are the same with numbers that somebody has to find.
struct Gathering {
    /// The longest pause, in milliseconds; 0: nobody waits.
    let most: Int
    /// How long after these the next may set out, in milliseconds; 0: at once.
    private(set) var pause = 0
    /// The longest that one was under way of those whose answers came since the last set out.
    private var longest: Int?

    /// What takes less is not worth waiting for.
    private static let soonMilliseconds = 10
    /// Fewer would go by one call anyway.
    private static let few = Int(RoomCalls.most)

    init(most: Int) { self.most = most }

    /// One has its answer, so long after it set out.
    mutating func answered(afterMilliseconds time: Int) { longest = max(longest ?? 0, time) }

    /// Some set out, and so many are under way now, these included.
    mutating func setOut(underWay: Int) {
        guard most > 0 else { return }
        if let longest {
            // A quarter longer, as else there would be no end of them.
            pause = longest < Self.soonMilliseconds ? 0 : min(longest + longest / 4, most)
        }
        if underWay < Self.few { pause = 0 }
        longest = nil
    }
}
