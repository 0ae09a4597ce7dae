/// How many connections of each key are here, counting those that were lost a moment ago and may come back.
///
/// Pure.
struct Headcount<Key: Hashable> {
    private struct Count {
        var present = 0
        var lingering = 0
        var sum: Int { present + lingering }
    }

    private var counts: [Key: Count] = [:]

    /// The keys that count for something, and for how much.
    var all: [(key: Key, count: Int)] { counts.map { ($0.key, $0.value.sum) } }

    func count(of key: Key) -> Int { counts[key]?.sum ?? 0 }

    /// One more; returns the new count.
    mutating func arrive(_ key: Key) -> Int {
        counts[key, default: Count()].present += 1
        return count(of: key)
    }

    /// One less, now or, where it `lingers`, when `lingered` is called; returns the new count.
    mutating func depart(_ key: Key, lingers: Bool) -> Int {
        guard var count = counts[key], count.present > 0 else { return count(of: key) }
        count.present -= 1
        if lingers { count.lingering += 1 }
        counts[key] = count.sum == 0 ? nil : count
        return count.sum
    }

    /// The time of one that was lost is over; returns the new count.
    mutating func lingered(_ key: Key) -> Int {
        guard var count = counts[key], count.lingering > 0 else { return count(of: key) }
        count.lingering -= 1
        counts[key] = count.sum == 0 ? nil : count
        return count.sum
    }
}
