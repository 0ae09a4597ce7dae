import Hosting

/// The messages of all connections here that wait for their answers, and a bound for them: while Redis is away they come
/// in and none leaves.
///
/// Belongs to its loop.
final class SendBacklog {
    private let limit: Int
    private let count: Gauge
    private let size: Gauge
    private(set) var bytes = 0

    init(limit: Int, metrics: GatewayMetrics) {
        self.limit = limit
        count = metrics.waiting
        size = metrics.waitingBytes
    }

    /// Takes a message in, if there is room for it.
    func enter(_ message: OutgoingMessage) -> Bool {
        guard bytes + message.byteCount <= limit else { return false }
        bytes += message.byteCount
        count.add()
        size.set(bytes)
        return true
    }

    /// The message has been answered.
    func leave(_ message: OutgoingMessage) {
        bytes -= message.byteCount
        count.add(-1)
        size.set(bytes)
    }
}
