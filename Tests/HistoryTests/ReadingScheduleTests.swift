import Redis
import RoomFunctions
import Schema
import Support
import Testing

@testable import ChatHistory

/// Random schedules: rooms speak, epochs begin, what was read is acknowledged at once, late, twice or never, and streams of
/// which all is stored are forgotten.
///
/// Nothing is said to be stored that was not committed, what was not is in somebody's charge, and in the end all of it is.
@Suite(.serialized) struct ReadingScheduleTests {
    @Test func whatIsAcceptedIsStoredWhateverComesInBetween() async throws {
        let partition = RoomID.general.partition
        let rooms = (0..<640).map { room("room-\($0)") }.filter { $0.partition == partition }.prefix(4)
        try await withCluster(starts: false, rooms: Array(rooms)) { cluster in
            // So that little is as much as whole nodes of streams.
            _ = try await cluster.redis.call("CONFIG", "SET", "stream-node-max-entries", "2")
            _ = try await cluster.redis.call("SET", .text(Keys.logLease(partition)), "one")
            var random = SeededRandom(7)
            var schedule = Schedule(cluster: cluster, rooms: Array(rooms))
            for step in 0..<800 {
                try await schedule.step(&random)
                let isSound = try await schedule.isSound()
                #expect(isSound, "step \(step)")
                guard isSound else { return }
            }
            try await schedule.drain()
            #expect(schedule.archived == schedule.accepted)
            #expect(schedule.accepted.count > 200)
            #expect(schedule.epochs > 20)
            #expect(schedule.forgotten > 5)
        }
    }
}

private struct Schedule {
    let cluster: Cluster
    let rooms: [RoomID]
    private let owned: OwnedPartition
    private var log: PartitionLog { owned.log }
    private(set) var accepted: Set<LogEntry.ID> = []
    private(set) var archived: Set<LogEntry.ID> = []
    private(set) var epochs = 0
    private var readings: [LogReading] = []
    private(set) var forgotten = 0

    init(cluster: Cluster, rooms: [RoomID]) {
        self.cluster = cluster
        self.rooms = rooms
        owned = OwnedPartition(
            log: PartitionLog(partition: RoomID.general.partition, token: "one", redis: cluster.redis),
            fence: 0)
    }

    mutating func step(_ random: inout SeededRandom) async throws {
        let room = rooms[Int.random(in: 0..<rooms.count, using: &random)]
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40:
            let seq = try await cluster.send("hello", to: room)
            accepted.insert(LogEntry.ID(room: room, seq: seq))
        case 40..<45: try await beginEpoch(room)
        case 45..<70: try await read(most: Int.random(in: 1...6, using: &random))
        case 70..<95:
            guard let reading = readings.randomElement(using: &random) else { return }
            try await acknowledge(reading)
        case 95..<97: readings = []
        case 97: try await sweep()
        default:
            try await drain()
            try await sweep()
        }
    }

    /// As after a restart of Redis: the next message or arrival finds another run.
    private mutating func beginEpoch(_ room: RoomID) async throws {
        epochs += 1
        _ = try await cluster.redis.call("HSET", .text(Keys.room(room)), "run", "another")
        _ = try await cluster.redis.call("HDEL", .text(Keys.room(room)), "ready")
        guard epochs.isMultiple(of: 2) else { return }
        let keys = [Keys.room(room), Keys.members(room), Keys.online(room)]
        _ = try await cluster.redis.function(
            RoomFunctions.enter, keys: keys.map { .text($0) }, arguments: [.text(cluster.run), "0", "alice"])
    }

    private mutating func read(most: Int) async throws {
        // Now and then by another instance, which knows nothing.
        let source = LogReader.Source(log: log, settled: most.isMultiple(of: 3) ? [:] : owned.settled)
        let found = try await LogReader(redis: cluster.redis).read([source], most: most)[0].get()
        guard !found.isEmpty else { return }
        for (_, entries) in found.stretches { archived.formUnion(entries.map(\.id)) }
        readings.append(LogReading(found.stretches, strays: found.strays, now: 1_763_701_234_567))
    }

    private func acknowledge(_ reading: LogReading) async throws {
        let answers = await cluster.redis.each(1) { log.stored(reading, dead: [], keep: 3, $1) }
        let left = try PartitionLog.left(answers[0])
        #expect(left?.gone == 0)
        owned.acknowledged(reading.rooms, dead: [])
    }

    /// Two looks, between which nobody speaks.
    private mutating func sweep() async throws {
        let logs = RedisArgument.text(Keys.logs(log.partition))
        let before = try await cluster.redis.call("ZCARD", logs).int ?? 0
        let answers = await cluster.redis.each(2) { _, done in log.sweep(seconds: 0, most: 10, done) }
        for answer in answers {
            let looked = try PartitionLog.swept(answer)
            #expect(looked != nil)
        }
        forgotten += Int(before - (try await cluster.redis.call("ZCARD", logs).int ?? 0))
    }

    func isSound() async throws -> Bool {
        let names = try await cluster.redis.call("ZRANGE", .text(Keys.unstored(log.partition)), "0", "-1")
        let waiting = Set(names.array?.compactMap(\.text) ?? [])
        for room in rooms {
            let stored = try await cluster.stored(room)
            let lacking = accepted.filter { $0.room == room && $0.seq > stored }
            if !lacking.isEmpty, !waiting.contains(room.text) { return false }
            let said = accepted.filter { $0.room == room && $0.seq <= stored }
            if !said.isSubset(of: archived) { return false }
            let entries = try await cluster.redis.call("XRANGE", .text(Keys.recent(room)), "-", "+")
            let there = Set(entries.array?.compactMap { LogEntry($0, of: room)?.id } ?? [])
            if !lacking.isSubset(of: there) { return false }
        }
        return true
    }

    /// What is left is brought in by so many passes, and no more.
    mutating func drain() async throws {
        for _ in 0..<accepted.count {
            readings = []
            try await read(most: 5)
            guard let reading = readings.first else { return }
            try await acknowledge(reading)
        }
        let left = try await cluster.redis.call("ZCARD", .text(Keys.unstored(log.partition)))
        #expect(left.int == 0)
    }
}
