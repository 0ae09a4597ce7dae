import Engine
import Hosting
import Redis
import Schema

/// How much waits to be stored, and for how long: for the metrics.
///
/// Belongs to its loop.
final class Backlog {
    private let redis: RedisClient
    private let metrics: HistoryMetrics
    private var waiting: [Partition: Waiting] = [:]

    private struct Waiting {
        var rooms = 0
        var bytes = 0
        /// Since the oldest message was accepted.
        var milliseconds = 0
    }

    init(redis: RedisClient, metrics: HistoryMetrics) {
        self.redis = redis
        self.metrics = metrics
    }

    /// A partition has been found to have so many rooms with something to store.
    func learn(_ rooms: Int, of partition: Partition) {
        waiting[partition, default: Waiting()].rooms = rooms
        if rooms == 0 { waiting[partition] = nil }
    }

    /// The partition is ours no more.
    func forget(_ partition: Partition) { waiting[partition] = nil }

    /// Tells what was learnt, and asks more about the partitions that have something.
    func measure(_ partitions: [Partition]) {
        metrics.unstoredRooms.set(waiting.values.reduce(0) { $0 + $1.rooms })
        metrics.unstoredBytes.set(waiting.values.reduce(0) { $0 + $1.bytes })
        metrics.unstoredAge.set(waiting.values.reduce(0) { max($0, $1.milliseconds) })
        waiting = waiting.filter { partitions.contains($0.key) && $0.value.rooms > 0 }
        for partition in waiting.keys {
            ask(["GET", .text(Keys.unstoredBytes(partition))], partition) { backlog, reply in
                // What is stored may be counted later than that.
                backlog.waiting[partition]?.bytes = max(Int(clamping: reply.int ?? 0), 0)
            }
            let oldest: [RedisArgument] = ["ZRANGE", .text(Keys.unstored(partition)), "0", "0", "WITHSCORES"]
            ask(oldest, partition) { backlog, reply in
                backlog.waiting[partition]?.milliseconds = backlog.age(since: reply[1].int)
            }
        }
    }

    private func ask(
        _ command: [RedisArgument], _ partition: Partition,
        _ heard: @escaping (Backlog, RedisReply) -> Void
    ) {
        redis.call(command) { [weak self] result in
            guard case .success(let reply) = result, let self else { return }
            heard(self, reply)
        }
    }

    private func age(since accepted: Int64?) -> Int {
        guard let accepted, LogPosition.isPossible(accepted) else { return 0 }
        return Int(clamping: max(WallClock.milliseconds() + redis.clockOffset - accepted, 0))
    }
}
