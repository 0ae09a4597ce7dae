/// How many connections of each key are here, counting those that were lost a moment ago and may come back.
///
/// Pure. Who comes takes the place of the one that was lost first: then nothing has changed, and nobody need be told.
struct Headcount<Key: Hashable> {
    private struct Count {
        // Half as wide as a number mostly is: there is one of these for each user, and for each in each room.
        var present: Int32 = 0
        var lingering: Int32 = 0
        /// Of those that were lost, whose place was taken: their time is still to be over.
        var replaced: Int32 = 0
        var sum: Int { Int(present) + Int(lingering) }
    }

    private var counts: [Key: Count] = [:]

    /// The keys that count for something, and for how much.
    var all: [(key: Key, count: Int)] {
        counts.lazy.filter { $0.value.sum > 0 }.map { ($0.key, $0.value.sum) }
    }

    func count(of key: Key) -> Int { counts[key]?.sum ?? 0 }

    /// One more, or one of those that were lost; returns the new count.
    mutating func arrive(_ key: Key) -> Int {
        var count = counts[key] ?? Count()
        count.present += 1
        if count.lingering > 0 {
            count.lingering -= 1
            count.replaced += 1
        }
        counts[key] = count
        return count.sum
    }

    /// One less, now or, where it `lingers`, when `lingered` is called; returns the new count.
    mutating func depart(_ key: Key, lingers: Bool) -> Int {
        guard var count = counts[key], count.present > 0 else { return count(of: key) }
        count.present -= 1
        if lingers { count.lingering += 1 }
        return keep(count, of: key)
    }

    /// The time of one that was lost is over, of the first one first; returns the new count.
    mutating func lingered(_ key: Key) -> Int {
        guard var count = counts[key] else { return 0 }
        if count.replaced > 0 {
            count.replaced -= 1
        } else if count.lingering > 0 {
            count.lingering -= 1
        }
        return keep(count, of: key)
    }

    private mutating func keep(_ count: Count, of key: Key) -> Int {
        counts[key] = count.sum == 0 && count.replaced == 0 ? nil : count
        return count.sum
    }
}
