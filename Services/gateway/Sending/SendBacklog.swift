import Hosting
import Synchronization

/// The messages of all connections of the gateway that wait for their answers, and a bound for them: while Redis is away
/// they come in and none leaves; while it is slow, more come in than leave.
///
/// Used from all loops.
final class SendBacklog: Sendable {
    /// How many may wait, and how many bytes they may occupy.
    struct Bounds: Sendable {
        let messages: Int
        let bytes: Int
    }

    private let bounds: Bounds
    private let count: Gauge
    private let size: Gauge
    private let waiting = Atomic<Int>(0)
    private let held = Atomic<Int>(0)

    init(_ bounds: Bounds, metrics: GatewayMetrics) {
        self.bounds = bounds
        count = metrics.waiting
        size = metrics.waitingBytes
    }

    var bytes: Int { held.load(ordering: .relaxed) }

    /// Takes a message in, if there is room for it.
    func enter(_ message: OutgoingMessage) -> Bool {
        guard take(1, message.byteCount) else {
            _ = take(-1, -message.byteCount)
            return false
        }
        count.add()
        size.add(message.byteCount)
        return true
    }

    /// The message has been answered.
    func leave(_ message: OutgoingMessage) {
        _ = take(-1, -message.byteCount)
        count.add(-1)
        size.add(-message.byteCount)
    }

    /// Counts them; says whether what is counted is within the bounds.
    private func take(_ messages: Int, _ bytes: Int) -> Bool {
        let messages = waiting.wrappingAdd(messages, ordering: .relaxed).newValue
        let bytes = held.wrappingAdd(bytes, ordering: .relaxed).newValue
        return messages <= bounds.messages && bytes <= bounds.bytes
    }
}
