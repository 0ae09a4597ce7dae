import Engine
import Schema

/// Whose turn it is to be written: partitions with entries, those that have waited longest first.
///
/// Pure: the caller brings the time and does the work.
struct IngestSchedule {
    private enum State: Equatable {
        case idle
        case waiting
        case running
        case resting(until: Instant)
    }

    private var states: [Partition: State] = [:]
    private var failures: [Partition: Int] = [:]
    private var queue: [Partition] = []
    /// Woken while a batch of theirs was under way, which may not have seen what came.
    private var wokenWhileRunning: Set<Partition> = []

    /// The bound of the first rest after a failure, and of any.
    static let rest = (first: 100, most: 5_000)

    /// Whether any partition waits for its turn.
    var isWaiting: Bool { !queue.isEmpty }

    /// All partitions that are ours.
    var owned: [Partition] { states.keys.sorted() }

    /// Whether any partition is being written.
    var isRunning: Bool { states.values.contains(.running) }

    /// Whether a batch of the partition is under way.
    func isRunning(_ partition: Partition) -> Bool { states[partition] == .running }

    /// A partition has become ours; what its last owner left comes first.
    mutating func add(_ partition: Partition) {
        guard states[partition] == nil else { return }
        states[partition] = .idle
        wake(partition)
    }

    /// A partition is ours no more; a batch under way ends by itself, and its end is heard of.
    mutating func remove(_ partition: Partition) {
        states[partition] = nil
        failures[partition] = nil
        wokenWhileRunning.remove(partition)
        queue.removeAll { $0 == partition }
    }

    /// A partition has entries.
    mutating func wake(_ partition: Partition) {
        if states[partition] == .running { wokenWhileRunning.insert(partition) }
        guard states[partition] == .idle else { return }
        states[partition] = .waiting
        queue.append(partition)
    }

    /// Wakes those that have rested long enough.
    mutating func wakeRested(now: Instant) {
        for (partition, state) in states {
            guard case .resting(let until) = state, until <= now else { continue }
            states[partition] = .idle
            wake(partition)
        }
    }

    /// The next partitions to write a batch of, at most so many.
    mutating func next(most: Int) -> [Partition] {
        let next = Array(queue.prefix(max(most, 0)))
        queue.removeFirst(next.count)
        for partition in next { states[partition] = .running }
        return next
    }

    /// A batch has ended well; with more to come the partition waits for its next turn.
    mutating func finished(_ partition: Partition, hasMore: Bool) {
        guard states[partition] == .running else { return }
        failures[partition] = nil
        states[partition] = .idle
        if wokenWhileRunning.remove(partition) != nil || hasMore { wake(partition) }
    }

    /// A batch has failed: the partition rests, the longer the more often, and never in step with others.
    mutating func failed(_ partition: Partition, now: Instant, random: (ClosedRange<Int>) -> Int) {
        guard states[partition] == .running else { return }
        wokenWhileRunning.remove(partition)
        let count = failures[partition, default: 0]
        failures[partition] = count + 1
        let bound =
            count < 16
            ? min(IngestSchedule.rest.first << count, IngestSchedule.rest.most) : IngestSchedule.rest.most
        states[partition] = .resting(until: now.advanced(byMilliseconds: random(bound / 2...bound)))
    }
}
