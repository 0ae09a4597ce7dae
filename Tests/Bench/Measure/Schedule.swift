/// When each message of an open loop is due: evenly spread, whatever becomes of those before.
///
/// Latency counts from here, so that a server that stands still is charged with all who wanted to write meanwhile
/// (no coordinated omission).
struct Schedule: Sendable {
    /// When the first is due, in nanoseconds.
    let start: UInt64
    /// From when on none is due, in nanoseconds.
    var end: UInt64
    private let interval: Double
    /// How many have been taken.
    private(set) var taken = 0

    /// So many messages a second, from `start` until before `end`.
    init(rate: Double, start: UInt64, end: UInt64) {
        interval = 1e9 / rate
        self.start = start
        self.end = end
    }

    /// When the next is due; `nil` when there is none any more.
    var next: UInt64? {
        let time = start &+ UInt64(Double(taken) * interval)
        return time < end ? time : nil
    }

    /// Takes the next where it is due by `now`: its number, from 0, and when it was due.
    mutating func take(by now: UInt64) -> (number: Int, due: UInt64)? {
        guard let due = next, due <= now else { return nil }
        defer { taken += 1 }
        return (taken, due)
    }
}
