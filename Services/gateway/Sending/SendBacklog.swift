import Bus
import Engine
import Hosting
import Schema
import Synchronization

/// The messages of all connections of the gateway that wait for their answers, and a bound for them: while Redis is away
/// they come in and none leaves; while it is slow, more come in than leave.
///
/// What comes again (`retry`) asks others before it costs its sender anything of a limit: of one user no more of it waits than
/// leaves room for all others. Used from all loops.
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
    private let retries = Guarded<[UserHandle: Int]>([:])

    /// Which part of the messages those may be that one user sends again.
    private static let partOfOne = 4

    init(_ bounds: Bounds, metrics: GatewayMetrics) {
        self.bounds = bounds
        count = metrics.waiting
        size = metrics.waitingBytes
    }

    var bytes: Int { held.load(ordering: .relaxed) }

    /// Takes a message in, if there is room for it.
    func enter(_ message: OutgoingMessage) -> Bool {
        guard admitsRetry(message) else { return false }
        guard take(1, message.byteCount) else {
            _ = take(-1, -message.byteCount)
            forgetRetry(message)
            return false
        }
        count.add()
        size.add(message.byteCount)
        return true
    }

    /// The message has been answered.
    func leave(_ message: OutgoingMessage) {
        _ = take(-1, -message.byteCount)
        forgetRetry(message)
        count.add(-1)
        size.add(-message.byteCount)
    }

    private func admitsRetry(_ message: OutgoingMessage) -> Bool {
        guard message.request.isRetry else { return true }
        let most = max(bounds.messages / Self.partOfOne, 1)
        return retries.withLock { retries in
            let count = retries[message.sender.user, default: 0]
            guard count < most else { return false }
            retries[message.sender.user] = count + 1
            return true
        }
    }

    private func forgetRetry(_ message: OutgoingMessage) {
        guard message.request.isRetry else { return }
        retries.withLock { retries in
            let count = retries[message.sender.user, default: 0]
            retries[message.sender.user] = count > 1 ? count - 1 : nil
        }
    }

    /// Counts them; says whether what is counted is within the bounds.
    private func take(_ messages: Int, _ bytes: Int) -> Bool {
        let messages = waiting.wrappingAdd(messages, ordering: .relaxed).newValue
        let bytes = held.wrappingAdd(bytes, ordering: .relaxed).newValue
        return messages <= bounds.messages && bytes <= bounds.bytes
    }
}
