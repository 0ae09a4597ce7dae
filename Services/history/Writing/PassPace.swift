import Engine

/// When the next pass begins: at once after a rest, else so long after the last that something gathers.
///
/// Pure. A transaction costs the same however little is in it, each partition and each of its rooms two calls of Redis, and
/// nobody waits for `message_stored` as for a message.
struct PassPace {
    /// How far apart passes begin at least, as long as none leaves anything behind.
    static let milliseconds = 50
    /// How much longer that is for each partition of the last one: no more than 250 of them a second.
    static let millisecondsOfAPartition = 4

    private var earliest: Instant?

    /// How long the next pass has to wait from now.
    func wait(now: Instant) -> Int {
        guard let earliest, earliest > now else { return 0 }
        return Int(clamping: earliest.milliseconds(since: now))
    }

    /// A pass of so many partitions begins.
    mutating func began(now: Instant, partitions: Int) {
        let pause = max(PassPace.milliseconds, PassPace.millisecondsOfAPartition * partitions)
        earliest = now.advanced(byMilliseconds: pause)
    }

    /// It could not take all that was there: the next one follows at once.
    mutating func isBehind() { earliest = nil }
}
