import Hosting
import Redis
import Synchronization

/// How full Redis is by its own count, and whether it takes more messages therefore.
///
/// At its bound (`maxmemory`) Redis refuses every write: leases and presence too, and what would make room. Messages are
/// what fills it, so they stop before: they are `overloaded` from nine tenths on, until it is at 85 hundredths again.
///
/// Used from all loops of a gateway.
final class BusMemory: Sendable {
    /// What Redis says of its memory, in bytes.
    struct Use: Equatable {
        let used: Int
        /// 0: no bound.
        let most: Int

        init(used: Int, most: Int) {
            self.used = used
            self.most = most
        }

        /// Reads the answer to `INFO memory`.
        init?(_ reply: RedisReply) {
            guard let info = RedisInfo(reply) else { return nil }
            guard let used = info["used_memory"].flatMap({ Int($0) }), used >= 0 else { return nil }
            guard let most = info["maxmemory"].flatMap({ Int($0) }), most >= 0 else { return nil }
            // What is on its way to the file and to replicas does not count against the bound.
            let passing = info["mem_not_counted_for_evict"].flatMap { Int($0) } ?? 0
            self.init(used: used - min(max(passing, 0), used), most: most)
        }

        /// Whether this is too much for another message, after it was so or not.
        func isTooMuch(after wasTooMuch: Bool) -> Bool {
            most > 0 && Double(used) >= Double(most) * (wasTooMuch ? 0.85 : 0.9)
        }
    }

    private let full = Atomic<Bool>(false)
    private let used: Gauge
    private let most: Gauge

    init(metrics: GatewayMetrics) {
        used = metrics.busMemory
        most = metrics.busMemoryBound
    }

    /// Whether no more messages should be put into it.
    var isFull: Bool { full.load(ordering: .relaxed) }

    /// Takes what Redis has said; says whether that has changed what counts.
    func heard(_ use: Use) -> Bool {
        used.set(use.used)
        most.set(use.most)
        let isTooMuch = use.isTooMuch(after: isFull)
        return full.exchange(isTooMuch, ordering: .relaxed) != isTooMuch
    }
}
