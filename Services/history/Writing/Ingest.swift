import Engine
import Hosting
import Postgres
import Redis
import Schema

/// Writes the rooms of the partitions that are ours into the archive.
///
/// Belongs to its loop. What is published on a partition's channel wakes it; once a second, and while the channels
/// are not subscribed ten times, all are asked how many rooms wait in one write, in case nobody was told. What has been
/// found makes one pass (``Pass``). One pass at a time, in its pace: what comes meanwhile gathers for the next, so batches
/// grow with the load.
final class Ingest {
    /// Called with a partition that turned out to be another's.
    var onTakenOver: ((Partition) -> Void)?
    /// Called with a partition that was to be yielded, once nothing of it is under way.
    var onYielded: ((Partition) -> Void)?

    private let loop: EventLoop
    private let redis: RedisClient
    private let subscriber: Subscriber
    private let postgres: PostgresClient
    private let storage: BatchCommit.Storage
    private let pass: Pass
    private let sweep: Sweep
    private let token: String
    private let log: Log
    private var schedule = IngestSchedule()
    private var partitions: [Partition: OwnedPartition] = [:]
    /// Ours by lease, and still to be taken over in PostgreSQL.
    private var arriving: Set<Partition> = []
    /// To be yielded when the batch under way has ended.
    private var leaving: Set<Partition> = []
    private let backlog: Backlog
    private var ticker: Timer?
    private var pacer: Timer?
    private var pace = PassPace()
    private let ticksPerLook: Int
    private var ticks = 0
    private var isTakingOver = false
    private var isWriting = false
    private var isPumping = false
    private var isStopping = false

    /// How often it looks whether anything waits of which nobody was told.
    static let lookMilliseconds = 1_000
    private static let tickMilliseconds = 100
    private static let ticksPerMeasure = 10

    init(
        loop: EventLoop, redis: RedisClient, subscriber: Subscriber, postgres: PostgresClient,
        storage: BatchCommit.Storage, token: String, lookMilliseconds: Int, log: Log
    ) {
        self.loop = loop
        self.redis = redis
        self.subscriber = subscriber
        self.postgres = postgres
        self.storage = storage
        self.token = token
        ticksPerLook = max(lookMilliseconds / Ingest.tickMilliseconds, 1)
        self.log = log
        pass = Pass(redis: redis, storage: storage, log: log)
        sweep = Sweep(seconds: storage.recent.seconds, log: log)
        backlog = Backlog(redis: redis, metrics: storage.metrics)
    }

    // MARK: Life

    /// Begins to look after logs.
    func start() {
        ticker = loop.scheduleRepeating(everyMilliseconds: Ingest.tickMilliseconds) { [weak self] in
            self?.tick()
        }
    }

    /// Begins nothing new, and returns when the pass under way has ended, in at most so long.
    func stop(withinMilliseconds bound: Int) async {
        isStopping = true
        ticker?.cancel()
        pacer?.cancel()
        let deadline = loop.now.advanced(byMilliseconds: bound)
        while isWriting, loop.now < deadline { await loop.sleep(milliseconds: 5) }
    }

    /// Partitions have become ours.
    func own(_ partitions: [Partition]) {
        arriving.formUnion(partitions)
        guard !isTakingOver else { return }
        isTakingOver = true
        loop.spawn { await self.takeOver() }
    }

    /// Partitions are ours no more.
    func disown(_ lost: [Partition]) {
        arriving.subtract(lost)
        leaving.subtract(lost)
        for partition in lost {
            schedule.remove(partition)
            partitions[partition] = nil
            subscriber.unsubscribe(Keys.unstored(partition))
            backlog.forget(partition)
        }
    }

    /// Partitions are to become another's, each as soon as nothing of it is under way.
    func yield(_ partitions: [Partition]) {
        for partition in partitions {
            if schedule.isRunning(partition) {
                leaving.insert(partition)
            } else {
                yield(partition)
            }
        }
    }

    private func yield(_ partition: Partition) {
        disown([partition])
        onYielded?(partition)
    }

    /// Raises the tokens in PostgreSQL, so that no predecessor can commit any more; tries until it has.
    private func takeOver() async {
        defer { isTakingOver = false }
        while !arriving.isEmpty, !isStopping {
            let asked = arriving
            do throws(PostgresError) {
                let fences = try await storage.archive.takeOver(asked.sorted(), owner: token)
                begin(fences)
            } catch {
                log.warn("cannot take partitions over", .error(error))
                await loop.sleep(milliseconds: Int.random(in: 500...1_500))
            }
        }
    }

    private func begin(_ fences: [Partition: Int64]) {
        // A lease lost meanwhile is another's now; its fence will be raised above ours.
        for (partition, fence) in fences where arriving.remove(partition) != nil {
            partitions[partition] = OwnedPartition(
                log: PartitionLog(partition: partition, token: token, redis: redis), fence: fence)
            schedule.add(partition)
            listen(to: partition)
            storage.metrics.takeOvers.add()
        }
        pump()
    }

    // MARK: Work

    private func listen(to partition: Partition) {
        subscriber.subscribe(
            Keys.unstored(partition), onMessage: { [weak self] _ in self?.wake(partition) },
            // What came before was told to nobody here.
            onReady: { [weak self] in self?.wake(partition) })
    }

    private func wake(_ partition: Partition) {
        schedule.wake(partition)
        pump()
    }

    private func tick() {
        storage.metrics.breaker.set(postgres.breakerState.number)
        schedule.wakeRested(now: loop.now)
        ticks += 1
        if redis.isConnected {
            if ticks.isMultiple(of: ticksPerLook) || !subscriber.isRestored { look() }
            if ticks.isMultiple(of: Ingest.ticksPerMeasure) { backlog.measure(schedule.owned) }
            sweep.step(partitions)
        }
        pump()
    }

    /// Asks how many rooms wait; partitions that have some get their turn.
    private func look() {
        for partition in schedule.owned {
            redis.call(["ZCARD", .text(Keys.unstored(partition))]) { [weak self] result in
                guard case .success(let reply) = result, let rooms = reply.int else { return }
                self?.measured(partition, Int(clamping: rooms))
            }
        }
    }

    private func measured(_ partition: Partition, _ rooms: Int) {
        guard partitions[partition] != nil else { return }
        backlog.learn(rooms, of: partition)
        // A batch under way tells itself what it leaves.
        if rooms > 0, !schedule.isRunning(partition) { wake(partition) }
    }

    /// Begins the next pass, if it is its time, at the end of this turn, which may find more for it.
    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        loop.atTurnEnd { [weak self] in
            self?.isPumping = false
            self?.write()
        }
    }

    private func write() {
        guard !isWriting, !isStopping, redis.isConnected, schedule.isWaiting else { return }
        let wait = pace.wait(now: loop.now)
        guard wait == 0 else { return write(inMilliseconds: wait) }
        let next = schedule.next(most: min(pass.mostPartitions, allowedPartitions))
        guard !next.isEmpty else { return }
        let isPartial = schedule.isWaiting
        isWriting = true
        pace.began(now: loop.now, partitions: next.count)
        let owned = next.compactMap { partitions[$0] }
        loop.spawn {
            let outcomes = await self.pass.run(owned)
            self.isWriting = false
            if self.pass.isFull || isPartial { self.pace.isBehind() }
            for (owned, outcome) in outcomes { self.finished(owned, outcome) }
            self.pump()
        }
    }

    private func write(inMilliseconds wait: Int) {
        guard pacer == nil else { return }
        pacer = loop.schedule(afterMilliseconds: wait) { [weak self] in
            self?.pacer = nil
            self?.pump()
        }
    }

    /// While PostgreSQL is away nothing is taken that cannot be stored; a single partition finds out when it is back.
    private var allowedPartitions: Int {
        switch postgres.breakerState {
        case .closed: Partition.count
        case .open(let until): loop.now.milliseconds < until ? 0 : 1
        case .halfOpen: 1
        }
    }

    private func finished(_ owned: OwnedPartition, _ outcome: PartitionBatch.Outcome) {
        let partition = owned.partition
        // The partition may have been lost and won again meanwhile: then this is the end of an old story.
        guard partitions[partition] === owned else { return }
        if outcome != .lost, leaving.contains(partition) { return yield(partition) }
        switch outcome {
        case .done(let left):
            backlog.learn(left, of: partition)
            schedule.finished(partition, hasMore: left > 0)
        case .failed(let reason):
            log.warn(
                "a batch will be tried again",
                ["partition": .int(partition.number), "error": .string(reason)])
            schedule.failed(partition, now: loop.now) { Int.random(in: $0) }
        case .lost:
            log.warn("a partition was taken over", ["partition": .int(partition.number)])
            onTakenOver?(partition)
        }
    }
}

extension CircuitBreaker.State {
    /// The state as the metric has it.
    fileprivate var number: Int {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}
