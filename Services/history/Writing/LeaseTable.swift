import Engine
import Schema

/// Which partitions are ours, as far as Redis has told.
///
/// Pure: whoever asks Redis brings its answers and the time. A lease is counted from the moment of asking, so that
/// this side never believes in it longer than Redis does.
struct LeaseTable {
    /// How long a lease holds unless it is renewed.
    static let milliseconds = 10_000
    /// How often it is renewed: two renewals may fail.
    static let renewalMilliseconds = 3_000

    /// What an answer has changed.
    enum Change: Equatable {
        case none
        /// The partition is ours from now on.
        case gained
        /// It was ours, and is another's.
        case lost
    }

    private enum Owner: Equatable {
        case us(until: Instant)
        case another(until: Instant)
    }

    private var owners: [Partition: Owner] = [:]

    /// The partitions whose leases are to be asked for now.
    ///
    /// All of them: an instance alone serves all, a second one stands by until leases end. The place for a fair
    /// share among several.
    var wanted: [Partition] { Partition.all }

    /// The partitions that are ours.
    var held: [Partition] {
        Partition.all.filter { if case .us = owners[$0] { true } else { false } }
    }

    /// How many partitions have no owner that we know of.
    func orphans(now: Instant) -> Int {
        Partition.all.count { partition in
            switch owners[partition] {
            case .us(let until), .another(let until): until <= now
            case nil: true
            }
        }
    }

    /// Redis has answered whether the lease is ours.
    mutating func answered(
        _ partition: Partition, granted: Bool, asked: Instant, now: Instant
    ) -> Change {
        let until = asked.advanced(byMilliseconds: LeaseTable.milliseconds)
        let wasOurs = isOurs(partition)
        guard granted, until > now else {
            owners[partition] = granted ? nil : .another(until: until)
            return wasOurs ? .lost : .none
        }
        owners[partition] = .us(until: until)
        return wasOurs ? .none : .gained
    }

    /// Gives up the leases that were not renewed in time, and tells which.
    mutating func expire(now: Instant) -> [Partition] {
        let ended = owners.compactMap { partition, owner -> Partition? in
            guard case .us(let until) = owner, until <= now else { return nil }
            return partition
        }
        for partition in ended { owners[partition] = nil }
        return ended.sorted()
    }

    /// The partition turned out to be another's: if its lease is granted again, that is a new beginning.
    mutating func drop(_ partition: Partition) { owners[partition] = nil }

    private func isOurs(_ partition: Partition) -> Bool {
        if case .us = owners[partition] { true } else { false }
    }
}
