import Hosting
import Synchronization

/// The messages of all connections of the gateway that wait for their answers, and a bound for them: while Redis is away
/// they come in and none leaves.
///
/// Used from all loops.
final class SendBacklog: Sendable {
    private let limit: Int
    private let count: Gauge
    private let size: Gauge
    private let held = Atomic<Int>(0)

    init(limit: Int, metrics: GatewayMetrics) {
        self.limit = limit
        count = metrics.waiting
        size = metrics.waitingBytes
    }

    var bytes: Int { held.load(ordering: .relaxed) }

    /// Takes a message in, if there is room for it.
    func enter(_ message: OutgoingMessage) -> Bool {
        guard take(message.byteCount) <= limit else {
            _ = take(-message.byteCount)
            return false
        }
        count.add()
        size.add(message.byteCount)
        return true
    }

    /// The message has been answered.
    func leave(_ message: OutgoingMessage) {
        _ = take(-message.byteCount)
        count.add(-1)
        size.add(-message.byteCount)
    }

    private func take(_ bytes: Int) -> Int { held.wrappingAdd(bytes, ordering: .relaxed).newValue }
}
