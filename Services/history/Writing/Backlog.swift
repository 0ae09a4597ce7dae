import Engine
import Hosting
import Redis
import Schema

/// How much waits in our logs, and for how long: for the metrics.
///
/// Belongs to its loop.
final class Backlog {
    private let redis: RedisClient
    private let metrics: HistoryMetrics
    private var logs: [Partition: Log] = [:]

    private struct Log {
        var entries = 0
        var bytes = 0
        /// Since the oldest entry was accepted.
        var milliseconds = 0
    }

    init(redis: RedisClient, metrics: HistoryMetrics) {
        self.redis = redis
        self.metrics = metrics
    }

    /// A log has been found to have so many entries.
    func learn(_ entries: Int, of partition: Partition) {
        logs[partition, default: Log()].entries = entries
        if entries == 0 { logs[partition] = nil }
    }

    /// The log is ours no more.
    func forget(_ partition: Partition) { logs[partition] = nil }

    /// Tells what was learnt, and asks more about the logs that have something.
    func measure(_ partitions: [Partition]) {
        metrics.logEntries.set(logs.values.reduce(0) { $0 + $1.entries })
        metrics.logBytes.set(logs.values.reduce(0) { $0 + $1.bytes })
        metrics.logAge.set(logs.values.reduce(0) { max($0, $1.milliseconds) })
        logs = logs.filter { partitions.contains($0.key) && $0.value.entries > 0 }
        for partition in logs.keys {
            ask(["GET", .text(Keys.logBytes(partition))], partition) { backlog, reply in
                // What is stored may be counted later than that.
                backlog.logs[partition]?.bytes = max(Int(clamping: reply.int ?? 0), 0)
            }
            ask(["XRANGE", .text(Keys.log(partition)), "-", "+", "COUNT", "1"], partition) { backlog, reply in
                backlog.logs[partition]?.milliseconds = backlog.age(ofEntry: reply[0][0].text)
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

    private func age(ofEntry id: String?) -> Int {
        guard let accepted = id?.split(separator: "-").first.flatMap({ Int64($0) }) else { return 0 }
        return Int(clamping: max(WallClock.milliseconds() + redis.clockOffset - accepted, 0))
    }
}
