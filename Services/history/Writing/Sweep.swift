import Redis
import Schema

/// Forgets the logs of silent rooms, one of our partitions after another.
///
/// Belongs to its loop.
final class Sweep {
    /// A log outlives the room's last message by this, and by less than twice as long.
    private let seconds: Int
    private var last: Partition?
    private var isUnderWay = false

    /// How many rooms a call looks at: a call takes no longer than one that stores a batch.
    private static let most = 50

    init(seconds: Int) { self.seconds = seconds }

    /// Looks at the next of these partitions, unless a look is under way.
    func step(_ partitions: [Partition: OwnedPartition]) {
        guard !isUnderWay else { return }
        let later = partitions.keys.filter { partition in last.map { $0 < partition } ?? true }
        guard let next = later.min() ?? partitions.keys.min(), let log = partitions[next]?.log else { return }
        last = next
        look(log)
    }

    private func look(_ log: PartitionLog) {
        isUnderWay = true
        log.sweep(seconds: seconds, most: Sweep.most) { [weak self] answer in
            guard let self else { return }
            isUnderWay = false
            // Many fall silent at once where a gateway's people have left: one call after another, as others wait for Redis.
            if PartitionLog.swept(answer) == Sweep.most { look(log) }
        }
    }
}
