import Engine
import Hosting
import Redis
import Schema

/// Brings what several partitions have to store into the archive: read, commit, then acknowledge.
///
/// However many partitions there are, it is four writes to Redis at most, one transaction, and one write to Redis again.
/// Belongs to its loop; one `run` at a time. After any failure the same entries are read again: the heads in the
/// archive tell what of them had been committed.
final class Pass {
    private let redis: RedisClient
    private let storage: BatchCommit.Storage
    private let archive: BatchCommit
    private let log: Log
    private var size = TakeSize()
    /// Whether a partition had its whole part of the last batch, so that it may have much more.
    private(set) var isFull = false

    typealias Outcomes = [(owned: OwnedPartition, outcome: PartitionBatch.Outcome)]

    init(redis: RedisClient, storage: BatchCommit.Storage, log: Log) {
        self.redis = redis
        self.storage = storage
        archive = BatchCommit(storage: storage, log: log)
        self.log = log
    }

    /// How many partitions may take part: each has to be given one entry at least.
    var mostPartitions: Int { size.count }

    /// Reads and stores what these partitions have, as far as it goes into one batch.
    func run(_ partitions: [OwnedPartition]) async -> Outcomes {
        guard !partitions.isEmpty else { return [] }
        var (batches, outcomes) = await read(partitions)
        do {
            try await archive.commit(batches)
        } catch {
            // Perhaps it was too large for the time that it had.
            size.failed()
            let reason = String(describing: error)
            for batch in batches {
                batch.owned.forget()
                outcomes.append((batch.owned, .failed(reason)))
            }
            return outcomes
        }
        await tell(&batches)
        await acknowledge(batches)
        return outcomes + batches.map { ($0.owned, $0.outcome ?? .failed("never acknowledged")) }
    }

    // MARK: Reading

    private func read(_ partitions: [OwnedPartition]) async -> (batches: [PartitionBatch], Outcomes) {
        await adopt(partitions.filter { !$0.hasAdopted })
        let most = size.share(of: partitions.count)
        let reader = LogReader(redis: redis)
        let now = WallClock.milliseconds()
        var batches: [PartitionBatch] = []
        var outcomes: Outcomes = []
        let sources = partitions.map { LogReader.Source(log: $0.log, settled: $0.settled) }
        for (owned, outcome) in zip(partitions, await reader.read(sources, most: most)) {
            switch outcome {
            case .success(let found):
                guard !found.isEmpty else {
                    outcomes.append((owned, .done(left: 0)))
                    continue
                }
                let reading = LogReading(found.stretches, strays: found.strays, now: now)
                batches.append(PartitionBatch(reading, of: owned, isFull: reading.entries >= most))
            case .failure(let error):
                size.failed()
                owned.forget()
                outcomes.append((owned, .failed("\(error)")))
            }
        }
        learn(from: batches, of: partitions.count)
        return (batches, outcomes)
    }

    /// Takes over what a build before has left, a thousand entries at a time; what fails is tried with the next pass.
    private func adopt(_ partitions: [OwnedPartition]) async {
        var left = partitions
        while !left.isEmpty {
            let asked = left
            let answers = await redis.each(asked.count) { asked[$0].log.adopt($1) }
            left = []
            for (owned, answer) in zip(asked, answers) {
                guard case .success(let reply) = answer, let count = reply.int else { continue }
                if count > 0 { left.append(owned) } else { owned.hasAdopted = true }
            }
        }
    }

    private func learn(from batches: [PartitionBatch], of partitions: Int) {
        isFull = batches.contains(where: \.isFull)
        let counts = batches.map(\.reading.entries)
        let entries = counts.reduce(0, +)
        guard entries > 0 else { return }
        size.took(
            TakeSize.Taken(
                partitions: partitions, entries: entries,
                bytes: batches.reduce(0) { $0 + $1.reading.bytes }, fullest: counts.max() ?? 0,
                isFull: isFull))
        storage.metrics.batchEntries.observe(Double(entries))
    }

    // MARK: Acknowledging

    /// Tells the senders of dead letters, before anybody hears that the room is stored so far: else it would be taken for
    /// true of these too.
    private func tell(_ batches: inout [PartitionBatch]) async {
        for batch in batches where batch.outcome == nil && !batch.dead.isEmpty {
            do {
                try await batch.owned.tell(batch.dead)
            } catch {
                batch.outcome = .failed("\(error)")
            }
        }
    }

    private func acknowledge(_ all: [PartitionBatch]) async {
        let batches = all.filter { $0.outcome == nil }
        let answers = await redis.each(batches.count) { number, done in
            let batch = batches[number]
            batch.owned.log.stored(batch.reading, dead: batch.dead, keep: storage.recent.keep, done)
        }
        for (batch, answer) in zip(batches, answers) {
            do throws(RedisError) {
                guard let left = try PartitionLog.left(answer) else {
                    batch.outcome = .lost
                    continue
                }
                batch.outcome = .done(left: left.rooms)
                if left.gone > 0 { report(gone: left.gone, of: batch.owned.partition) }
                batch.dead.forEach { report($0, of: batch.owned.partition) }
                batch.owned.acknowledged(batch.reading.rooms, dead: batch.dead)
            } catch {
                batch.owned.forget()
                batch.outcome = .failed("\(error)")
            }
        }
    }

    private func report(gone rooms: Int, of partition: Partition) {
        log.error(
            "messages are gone that were not stored",
            [
                "partition": .int(partition.number), "rooms": .int(rooms),
                "next": .string("Somebody has deleted or spoilt the recent logs of rooms in Redis."),
            ])
    }

    private func report(_ letter: DeadLetter, of partition: Partition) {
        storage.metrics.deadLetters.add()
        log.error(
            "dead letter",
            [
                "partition": .int(partition.number), "entry": .string("\(letter.entry)"),
                "reason": .string(letter.reason.rawValue), "detail": .string(letter.detail),
                "place": .string(letter.position?.description ?? ""),
                "next": .string(
                    "The sender is told, and the room goes on. Look at \(Keys.logDead(partition)) in Redis."),
            ])
    }
}
