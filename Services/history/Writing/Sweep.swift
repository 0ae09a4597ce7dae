import Hosting
import Redis
import Schema

/// Forgets the logs of silent rooms, one of our partitions after another.
///
/// Belongs to its loop.
final class Sweep {
    /// Between two looks at a room; what is silent from one to the next is forgotten.
    private let seconds: Int
    private let log: Log
    private var last: Partition?
    private var isUnderWay = false
    /// Those that could not be looked at, and why: what keeps all from it is said once.
    private var failed: [Partition: RedisError] = [:]

    /// How many rooms a call looks at: to forget as many logs of a hundred messages takes Redis a millisecond.
    static let most = 50

    init(seconds: Int, log: Log) {
        self.seconds = seconds
        self.log = log
    }

    /// Looks at the next of these partitions, unless a look is under way.
    func step(_ partitions: [Partition: OwnedPartition]) {
        guard !isUnderWay else { return }
        let later = partitions.keys.filter { partition in last.map { $0 < partition } ?? true }
        guard let next = later.min() ?? partitions.keys.min(), let log = partitions[next]?.log else { return }
        last = next
        look(log)
    }

    private func look(_ partition: PartitionLog) {
        isUnderWay = true
        partition.sweep(seconds: seconds, most: Sweep.most) { [weak self] answer in
            guard let self else { return }
            isUnderWay = false
            do throws(RedisError) {
                let looked = try PartitionLog.swept(answer)
                failed[partition.partition] = nil
                // Many fall silent at once where a gateway's people have left: one call after another, as others wait.
                if looked == Sweep.most { look(partition) }
            } catch {
                let isSaid = failed.values.contains(error)
                failed[partition.partition] = error
                guard !isSaid else { return }
                log.warn("cannot look for silent rooms", .error(error))
            }
        }
    }
}
