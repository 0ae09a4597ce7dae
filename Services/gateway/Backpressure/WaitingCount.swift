import Hosting
import Synchronization

/// How many of something wait in the whole process, and a bound for them.
///
/// Used from all loops.
final class WaitingCount: Sendable {
    private let limit: Int
    private let gauge: Gauge
    private let count = Atomic<Int>(0)

    init(limit: Int, gauge: Gauge) {
        self.limit = limit
        self.gauge = gauge
    }

    /// Whether no other one should come.
    var isFull: Bool { count.load(ordering: .relaxed) >= limit }

    /// One more waits, if there is room for it.
    func enter() -> Bool {
        guard count.wrappingAdd(1, ordering: .relaxed).newValue <= limit else {
            count.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        gauge.add()
        return true
    }

    /// So many more wait, whether there was room for them or not; or fewer, by a negative number.
    func add(_ change: Int) {
        count.wrappingAdd(change, ordering: .relaxed)
        gauge.add(change)
    }
}
