import Engine
import Hosting
import Redis
import Schema

/// Knows when so many replicas have a message: `WAIT`, on a connection of its own (`REDIS_ACK_REPLICAS`).
///
/// Belongs to its loop. `WAIT` holds up all that is behind it on its connection, and covers what that connection did
/// itself, no more. But what Redis replicates is one stream in the order of execution: a small write from here, made
/// after a message's place was answered elsewhere, stands behind that message, and a replica that has the one has the
/// other. So there is one write and one `WAIT` at a time, for all messages that were answered before.
final class ReplicaAcks {
    private let needed: Int
    private let loop: EventLoop
    private let redis: RedisClient
    /// What is written to stand behind the messages.
    private let mark: String
    private let tooFew: Counter
    private var waiting: [Waiting] = []
    private var isAsking = false
    private var isClosed = false

    /// How long Redis is left waiting in one go: those who come meanwhile are asked for in the next.
    private static let waitMilliseconds = 500
    private static let answerMilliseconds = 5_000
    private static let retryMilliseconds = 100

    private struct Waiting {
        let message: OutgoingMessage
        /// The Redis that accepted it: what another one has replicated says nothing of it.
        let run: RunID
        let done: (Bool) -> Void
    }

    init(
        needed: Int, loop: EventLoop, address: RedisAddress, name: String, incarnation: String,
        tooFew: Counter
    ) {
        self.needed = needed
        self.loop = loop
        self.tooFew = tooFew
        mark = Keys.gatewayMark(incarnation)
        redis = RedisClient(loop: loop, address: address, name: "\(name)-replicas")
    }

    func start() { redis.start() }

    /// Nobody is told any more.
    func close() {
        isClosed = true
        redis.close()
        waiting = []
    }

    /// Calls `done` once the replicas have what was accepted in this run, or with false where that cannot be known any
    /// more; not at all for a message that is settled otherwise.
    func wait(for message: OutgoingMessage, acceptedIn run: RunID, _ done: @escaping (Bool) -> Void) {
        waiting.append(Waiting(message: message, run: run, done: done))
        ask()
    }

    private func ask() {
        waiting.removeAll { $0.message.isSettled }
        guard !isAsking, !isClosed, !waiting.isEmpty else { return }
        isAsking = true
        guard redis.isConnected, let run = redis.runID else { return askLater() }
        let batch = waiting
        waiting = []
        for other in batch where other.run != run { other.done(false) }
        ask(for: batch.filter { $0.run == run })
    }

    private func ask(for batch: [Waiting]) {
        var isMarked = false
        redis.call(["SET", .text(mark), "", "PX", .int(Int64(Self.answerMilliseconds))]) { result in
            if case .success = result { isMarked = true }
        }
        redis.call(
            ["WAIT", .int(Int64(needed)), .int(Int64(Self.waitMilliseconds))],
            timeoutMilliseconds: Self.answerMilliseconds
        ) { [self] result in
            guard !isClosed else { return }
            guard isMarked, case .success(let reply) = result, let count = reply.int else {
                waiting = batch + waiting
                return askLater()
            }
            isAsking = false
            if count >= needed {
                for safe in batch { safe.done(true) }
            } else {
                tooFew.add()
                waiting = batch + waiting
            }
            ask()
        }
    }

    private func askLater() {
        loop.schedule(afterMilliseconds: Self.retryMilliseconds) { [self] in
            isAsking = false
            ask()
        }
    }
}
