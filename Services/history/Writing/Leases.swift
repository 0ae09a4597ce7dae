import ArchiveFunctions
import Engine
import Hosting
import Redis
import Schema

/// Takes the leases of partitions and renews them, in one round trip for all.
///
/// Belongs to its loop.
final class Leases {
    /// Called with partitions that have become ours.
    var onGained: (([Partition]) -> Void)?
    /// Called with partitions that are ours no more.
    var onLost: (([Partition]) -> Void)?

    /// The token in our leases, this process's alone.
    let token: String
    private let loop: EventLoop
    private let redis: RedisClient
    private let gauge: Gauge
    private var table = LeaseTable()
    private var timer: Timer?
    private var isStopped = false

    init(loop: EventLoop, redis: RedisClient, token: String, gauge: Gauge) {
        self.loop = loop
        self.redis = redis
        self.token = token
        self.gauge = gauge
    }

    /// Begins to ask.
    func start() {
        timer = loop.scheduleRepeating(everyMilliseconds: LeaseTable.renewalMilliseconds) { [weak self] in
            self?.renew()
        }
        renew()
    }

    /// Asks for all leases now: at each tick, and when Redis has come back.
    func renew() {
        guard !isStopped, timer != nil else { return }
        let ended = table.expire(now: loop.now)
        if !ended.isEmpty { lose(ended) }
        let round = Round(asked: loop.now, outstanding: table.wanted.count)
        for partition in table.wanted {
            redis.function(
                ArchiveFunctions.lease, keys: [.text(Keys.logLease(partition))],
                arguments: [.text(token), .int(Int64(LeaseTable.milliseconds))]
            ) { [weak self] result in self?.heard(result, partition, round) }
        }
    }

    /// How many partitions nobody writes, as far as we know.
    var orphans: Int { table.orphans(now: loop.now) }

    /// A partition turned out to be another's.
    func drop(_ partition: Partition) {
        table.drop(partition)
        lose([partition])
    }

    /// Gives all leases back, so that a successor need not wait for their end.
    func release() async {
        isStopped = true
        timer?.cancel()
        let held = table.held
        for partition in held { table.drop(partition) }
        gauge.set(0)
        guard let last = held.last else { return }
        for partition in held.dropLast() { redis.function(release(partition)) { _ in } }
        // Answers come in the order of calls: with the last one all have come.
        _ = await withCheckedContinuation { continuation in
            redis.function(release(last)) { continuation.resume(returning: $0) }
        }
    }

    private func release(_ partition: Partition) -> LeaseCall {
        LeaseCall(key: .text(Keys.logLease(partition)), token: .text(token))
    }

    /// The answers of one round are handed on together.
    private final class Round {
        let asked: Instant
        var outstanding: Int
        var gained: [Partition] = []
        var lost: [Partition] = []

        init(asked: Instant, outstanding: Int) {
            self.asked = asked
            self.outstanding = outstanding
        }
    }

    private func heard(
        _ result: Result<RedisReply, RedisError>, _ partition: Partition, _ round: Round
    ) {
        round.outstanding -= 1
        // No answer changes nothing: the lease ends by itself unless a later round renews it.
        if case .success(let reply) = result, !isStopped {
            let change = table.answered(
                partition, granted: reply.int == 1, asked: round.asked, now: loop.now)
            switch change {
            case .gained: round.gained.append(partition)
            case .lost: round.lost.append(partition)
            case .none: break
            }
        }
        guard round.outstanding == 0 else { return }
        if !round.lost.isEmpty { lose(round.lost) }
        gauge.set(table.held.count)
        if !round.gained.isEmpty { onGained?(round.gained) }
    }

    private func lose(_ partitions: [Partition]) {
        gauge.set(table.held.count)
        onLost?(partitions)
    }
}

/// A call of `log_release`.
private struct LeaseCall {
    let key: RedisArgument
    let token: RedisArgument
}

extension RedisClient {
    fileprivate func function(_ call: LeaseCall, _ done: @escaping Done) {
        function(
            ArchiveFunctions.release, keys: [call.key], arguments: [call.token], timeoutMilliseconds: 1_000,
            done)
    }
}
