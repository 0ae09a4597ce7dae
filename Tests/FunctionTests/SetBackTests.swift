import Redis
import RoomFunctions
import Schema
import Support
import Testing

/// Random schedules: three gateways send and enter while Redis is restarted, set back, and emptied.
///
/// No seq is given twice, seq never goes down, and no two of the epochs that a room has had go by one name.
@Suite struct SetBackTests {
    @Test func noNumberIsEverGivenTwice() async throws {
        try await onBench { bench in
            for seed in 0..<UInt64(20) {
                var schedule = Schedule(seed: seed, room: room("room-\(seed)"), bench: bench)
                for _ in 0..<150 { try await schedule.step() }
                #expect(schedule.given.count > 30, "seed \(seed)")
            }
        }
    }
}

/// A gateway: what it has had of the room from Redis itself.
private struct Gateway {
    var known: Int64 = 0
}

private struct Schedule {
    private var random: SeededRandom
    private let room: RoomID
    private let bench: Bench
    private var gateways = [Gateway(), Gateway(), Gateway()]
    private var run: String
    private var runs = 1
    /// The keys of the room as they were at some time.
    private var past: [String: [UInt8]] = [:]
    /// Each place that was given, in order.
    private(set) var given: [LogPosition] = []

    init(seed: UInt64, room: RoomID, bench: Bench) {
        random = SeededRandom(seed)
        self.room = room
        self.bench = bench
        run = bench.run
    }

    mutating func step() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<60: try await accept()
        case 60..<80: try await enter()
        case 80..<85: gateways[pick()] = Gateway()
        case 85..<90: past = try await dump()
        case 90..<94: try await restart()
        case 94..<97:
            try await awaitTheClock()
            try await restore(past)
            try await restart()
        default:
            try await awaitTheClock()
            _ = try await bench.call("FLUSHALL")
        }
    }

    private mutating func pick() -> Int { Int.random(in: 0..<3, using: &random) }

    private mutating func accept() async throws {
        let who = pick()
        var call = bench.accept("\(given.count)", room: room)
        (call.run, call.known) = (run, gateways[who].known)
        var reply = try await call(bench.redis)
        if word(reply) == "unloaded" {
            try await vouch()
            reply = try await call(bench.redis)
        }
        let position = LogPosition(
            epoch: try #require(reply[1].text), seq: try #require(reply[2].int))
        gateways[who].known = max(gateways[who].known, position.seq)
        if let last = given.last { check(position, after: last) }
        given.append(position)
    }

    private func check(_ position: LogPosition, after last: LogPosition) {
        #expect(position.seq > last.seq, "\(room)")
        if position.epoch == last.epoch {
            #expect(position.seq == last.seq + 1)
        } else {
            #expect(!given.contains { $0.epoch == position.epoch })
        }
    }

    private mutating func enter() async throws {
        let who = pick()
        func call() async throws -> RedisReply {
            try await bench.redis.function(
                RoomFunctions.enter,
                keys: [.text(Keys.room(room)), .text(Keys.members(room)), .text(Keys.online(room))],
                arguments: [.text(run), .int(gateways[who].known), "alice"])
        }
        var reply = try await call()
        if word(reply) == "unloaded" {
            try await vouch()
            reply = try await call()
        }
        let seq = try #require(reply[2].int)
        #expect(seq >= given.last?.seq ?? 0)
        gateways[who].known = max(gateways[who].known, seq)
        let epochs = reply[7].text?.split(separator: " ").compactMap { $0.split(separator: ":").first } ?? []
        #expect(Set(epochs).count == epochs.count)
    }

    /// Auth knows that the room is not new.
    private func vouch() async throws {
        try await bench.redis.load(room, members: [("alice", "member")], run: run, mv: 1, isNew: false)
    }

    // MARK: What happens to Redis

    private mutating func restart() async throws {
        runs += 1
        run = "run-\(runs)"
    }

    private var keys: [String] {
        [Keys.room(room), Keys.members(room), Keys.recent(room)] + Keys.seen(room)
            + [Keys.unstored(room.partition), Keys.unstoredBytes(room.partition)]
    }

    private func dump() async throws -> [String: [UInt8]] {
        var dump: [String: [UInt8]] = [:]
        for key in keys { dump[key] = try await bench.call("DUMP", key).bytes }
        return dump
    }

    private func restore(_ dump: [String: [UInt8]]) async throws {
        for key in keys {
            _ = try await bench.call("DEL", key)
            guard let bytes = dump[key] else { continue }
            _ = try await bench.redis.call("RESTORE", .text(key), "0", .bytes(bytes))
        }
    }

    /// A Redis that has lost its memory has its clock alone, which covers a thousand messages a second: a test sends
    /// more, and sets back faster than any Redis starts.
    private func awaitTheClock() async throws {
        let year2025: Int64 = 1_735_689_600_000
        for _ in 0..<10_000 {
            let time = try await bench.call("TIME")
            let seconds = try #require(time[0].int)
            let microseconds = try #require(time[1].int)
            if seconds * 1_000 + microseconds / 1_000 - year2025 > given.last?.seq ?? 0 { return }
        }
        Issue.record("the clock does not catch up")
    }
}
