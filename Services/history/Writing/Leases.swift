import ArchiveFunctions
import Engine
import Hosting
import Redis
import Schema

/// Takes and renews the leases of this instance's share of the partitions.
///
/// Belongs to its loop. A round is two writes: renew what is ours, look at the rest, announce ourselves; then take what
/// is missing of our share, or find what is above it.
final class Leases {
    /// Called with partitions that have become ours.
    var onGained: (([Partition]) -> Void)?
    /// Called with partitions that are ours no more.
    var onLost: (([Partition]) -> Void)?
    /// Called with partitions above our share: whoever writes them finishes and calls `giveBack`.
    var onSurplus: (([Partition]) -> Void)?
    /// Asked in each round whether what is ours can be stored at present.
    var isAble: () -> Bool = { true }

    /// The token in our leases, this process's alone.
    let token: String
    private let loop: EventLoop
    private let redis: RedisClient
    private let gauge: Gauge
    private var table = LeaseTable()
    private var inability = Inability()
    private var timer: Timer?
    private var early: Timer?
    private var isRetiring = false
    private var isStopped = false

    /// After a partition turned out to be another's: time for others to be found out too, and no more.
    private static let earlyMilliseconds = 100

    init(loop: EventLoop, redis: RedisClient, token: String, gauge: Gauge) {
        self.loop = loop
        self.redis = redis
        self.token = token
        self.gauge = gauge
    }

    // MARK: Life

    /// Begins to ask.
    func start() {
        timer = loop.scheduleRepeating(everyMilliseconds: LeaseTable.renewalMilliseconds) { [weak self] in
            self?.renew()
        }
        renew()
    }

    /// Takes no more partitions and lets the others count without us; what is ours is renewed still.
    func retire() {
        isRetiring = true
        redis.call(["ZREM", .text(Keys.historyInstances), .text(token)], timeoutMilliseconds: 1_000) { _ in }
    }

    /// Gives all leases back, so that a successor need not wait for their end.
    func release() async {
        retire()
        isStopped = true
        timer?.cancel()
        early?.cancel()
        let held = table.held
        for partition in held { table.drop(partition) }
        gauge.set(0)
        guard let last = held.last else { return }
        for partition in held.dropLast() { release(partition) { _ in } }
        // Answers come in the order of calls: with the last one all have come.
        _ = await withCheckedContinuation { continuation in
            release(last) { continuation.resume(returning: $0) }
        }
    }

    /// How many partitions nobody writes, as far as we know.
    var orphans: Int { table.orphans(now: loop.now) }

    /// A partition turned out to be another's; if it is not, it is ours again soon.
    func drop(_ partition: Partition) {
        table.drop(partition)
        lose([partition])
        early =
            early
            ?? loop.schedule(afterMilliseconds: Leases.earlyMilliseconds) { [weak self] in self?.renew() }
    }

    /// Nothing of the partition is under way here any more: another may have it.
    func giveBack(_ partition: Partition) {
        release(partition) { _ in }
        table.gaveBack(partition, now: loop.now)
        gauge.set(table.held.count)
    }

    // MARK: A round

    /// Asks for our leases now: at each tick, and when Redis has come back.
    func renew() {
        early?.cancel()
        early = nil
        guard !isStopped, timer != nil else { return }
        let ended = table.expire(now: loop.now)
        if !ended.isEmpty { lose(ended) }
        for partition in table.others { look(at: partition) }
        let held = table.held
        let round = Round(asked: loop.now, outstanding: held.count)
        for partition in held { ask(for: partition, round) }
        announce()
    }

    /// Answers come in the order of calls: with this one it is known who has what.
    private func announce() {
        guard !isRetiring else { return }
        let standing = inability.standing(isAble: isAble(), now: loop.now)
        let lifetime = standing == .able ? LeaseTable.milliseconds : 0
        redis.function(
            ArchiveFunctions.announce, keys: [.text(Keys.historyInstances)],
            arguments: [.text(token), .int(Int64(lifetime))]
        ) { [weak self] result in
            guard let self, case .success(let reply) = result, let count = reply[0].int,
                let rank = reply[1].int
            else { return }
            switch standing {
            case .able: table.announced(instances: Int(clamping: count), rank: Int(clamping: rank))
            case .unable: table.unable()
            case .replaceable: table.withdrawn(others: Int(clamping: count))
            }
            balance()
        }
    }

    /// A lease with our token that we know nothing of is what an answer we never heard has left: free to us.
    private func look(at partition: Partition) {
        let asked = loop.now
        redis.call(["GET", .text(Keys.logLease(partition))]) { [weak self] result in
            guard case .success(let reply) = result, let self else { return }
            table.looked(partition, isFree: reply.isNull || reply.text == token, asked: asked)
        }
    }

    private func balance() {
        guard !isStopped, !isRetiring else { return }
        let surplus = table.surplus()
        if !surplus.isEmpty { onSurplus?(surplus) }
        let claims = table.claims { $0.shuffled() }
        let round = Round(asked: loop.now, outstanding: claims.count)
        for partition in claims { ask(for: partition, round) }
    }

    private func ask(for partition: Partition, _ round: Round) {
        redis.function(
            ArchiveFunctions.lease, keys: [.text(Keys.logLease(partition))],
            arguments: [.text(token), .int(Int64(LeaseTable.milliseconds))]
        ) { [weak self] result in self?.heard(result, partition, round) }
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

    private func release(_ partition: Partition, _ done: @escaping RedisClient.Done) {
        redis.function(
            ArchiveFunctions.release, keys: [.text(Keys.logLease(partition))], arguments: [.text(token)],
            timeoutMilliseconds: 1_000, done)
    }
}
