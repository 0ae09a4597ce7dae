import Redis
import Schema
import Support
import Testing

@testable import RoomFunctions

/// When a room's epoch is another, and what that does to its seqs.
@Suite struct RoomEpochTests {
    private let year2025: Int64 = 1_735_689_600_000

    @Test func anotherRunOpensAnEpochAboveAllThatWasGiven() async throws {
        try await onBench { bench in
            _ = try await bench.accept("one")(bench.redis)
            let old = try #require(try await bench.field("epoch"))
            try await bench.redis.load(
                .general, members: [("alice", "member")], run: "run-2", mv: 1, isNew: false)
            var call = bench.accept("two")
            call.run = "run-2"
            let reply = try await call(bench.redis)
            let epoch = try #require(reply[1].text)
            let seq = try #require(reply[2].int)
            #expect(epoch != old)
            #expect(seq > (bench.now - year2025) - 10_000)
            let fields = try await bench.call(
                "HMGET", Keys.room(.general), "epoch", "first", "seq", "epochs", "run")
            #expect(fields.array?.map(\.text) == [epoch, "\(seq)", "\(seq)", "\(old):1:1", "run-2"])
            // The second racer finds it done.
            var racer = bench.accept("three")
            racer.run = "run-2"
            let second = try await racer(bench.redis)
            #expect(second[1].text == epoch)
            #expect(second[2].int == seq + 1)
        }
    }

    @Test func recentOutlivesItsEpoch() async throws {
        try await onBench { bench in
            // Streams are trimmed by whole nodes of a hundred entries.
            for number in 1...150 { _ = try await bench.accept("\(number)")(bench.redis) }
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "150")
            try await bench.redis.load(
                .general, members: [("alice", "member")], run: "run-2", mv: 1, isNew: false)
            var call = bench.accept("first of the new epoch")
            call.run = "run-2"
            _ = try await call(bench.redis)
            let length = try await bench.call("XLEN", Keys.recent(.general))
            #expect(length.int == 151)
        }
    }

    /// All that the room has is stored, and about to expire, as an earlier build left it; then Redis is another.
    private func restartWhenAllIsStored(_ bench: Bench) async throws {
        _ = try await bench.accept("one")(bench.redis)
        _ = try await bench.call("HSET", Keys.room(.general), "stored", "1")
        _ = try await bench.call("EXPIRE", Keys.recent(.general), "600")
        try await bench.redis.load(
            .general, members: [("alice", "member")], run: "run-2", mv: 1, isNew: false)
    }

    private func expectThatAMessageKeepsRecent(_ bench: Bench) async throws {
        var call = bench.accept("two")
        call.run = "run-2"
        _ = try await call(bench.redis)
        let ttl = try await bench.call("TTL", Keys.recent(.general))
        #expect(ttl.int == -1)
    }

    @Test func theFirstMessageOfAnEpochKeepsRecentFromBeingForgotten() async throws {
        try await onBench { bench in
            try await restartWhenAllIsStored(bench)
            try await expectThatAMessageKeepsRecent(bench)
        }
    }

    /// An epoch that has nothing yet: whoever joined opened it.
    @Test func soDoesTheFirstOfAnEpochThatSomebodyElseOpened() async throws {
        try await onBench { bench in
            try await restartWhenAllIsStored(bench)
            _ = try await bench.redis.function(
                RoomFunctions.enter,
                keys: [
                    .text(Keys.room(.general)), .text(Keys.members(.general)), .text(Keys.online(.general)),
                ], arguments: ["run-2", "0", "alice"])
            let marks = try await bench.call("HMGET", Keys.room(.general), "seq", "stored")
            #expect(marks[0] == marks[1])
            try await expectThatAMessageKeepsRecent(bench)
        }
    }

    /// Its hash is gone, and with it how far the archive is: nothing counts as stored, and nothing is forgotten.
    @Test func aRoomThatLostItsHashKeepsWhatIsRecent() async throws {
        try await onBench { bench in
            for number in 1...150 { _ = try await bench.accept("\(number)")(bench.redis) }
            _ = try await bench.call("DEL", Keys.room(.general))
            _ = try await bench.call("EXPIRE", Keys.recent(.general), "600")
            try await bench.redis.load(
                .general, members: [("alice", "member")], run: bench.run, mv: 1, isNew: false)
            for number in 1...100 {
                var call = bench.accept("after \(number)")
                call.keep = 10
                let reply = try await call(bench.redis)
                #expect(word(reply) == "ok")
            }
            let length = try await bench.call("XLEN", Keys.recent(.general))
            #expect(length.int == 250)
            let ttl = try await bench.call("TTL", Keys.recent(.general))
            #expect(ttl.int == -1)
            let mark = try await bench.field("stored")
            #expect(mark == nil)
        }
    }

    /// Else it would begin at 1 again, below what the archive has: nobody would store what comes.
    @Test(arguments: ["0", "2"]) func aRoomThatLostItsSeqGivesNoneTwice(stored: String) async throws {
        try await onBench { bench in
            for number in 1...2 { _ = try await bench.accept("\(number)")(bench.redis) }
            _ = try await bench.call("HSET", Keys.room(.general), "stored", stored)
            if stored == "2" { _ = try await bench.call("DEL", Keys.recent(.general)) }
            _ = try await bench.call("HDEL", Keys.room(.general), "seq")
            let reply = try await bench.accept("after")(bench.redis)
            #expect(reply[2].int ?? 0 > 1_000_000)
            // What the log still has is not taken for stored.
            let mark = try await bench.field("stored")
            #expect(mark == stored)
        }
    }

    @Test func aRoomThatKnowsLessThanItsCallerHasLostItsTail() async throws {
        try await onBench { bench in
            _ = try await bench.accept("one")(bench.redis)
            let old = try await bench.field("epoch")
            let far: Int64 = 4_000_000_000_000_000
            var call = bench.accept("two")
            call.known = far
            let reply = try await call(bench.redis)
            #expect(reply[1].text != old)
            #expect(reply[2].int == far + 1)
            // Numbers keep all their digits, and the next one follows.
            let next = try await bench.accept("three")(bench.redis)
            #expect(next[2].int == far + 2)
        }
    }

    @Test func whatTheCallerKnowsAndTheRoomTooChangesNothing() async throws {
        try await onBench { bench in
            _ = try await bench.accept("one")(bench.redis)
            var call = bench.accept("two")
            call.known = 1
            let reply = try await call(bench.redis)
            #expect(reply[2].int == 2)
        }
    }

    @Test func sixteenEpochsAreRemembered() async throws {
        try await onBench { bench in
            for number in 0..<20 {
                let run = "run-\(number)"
                try await bench.redis.load(
                    .general, members: [("alice", "member")], run: run, mv: 1, isNew: number == 0)
                var call = bench.accept("\(number)")
                call.run = run
                let reply = try await call(bench.redis)
                #expect(word(reply) == "ok")
            }
            let epochs = try await bench.field("epochs")?.split(separator: " ") ?? []
            #expect(epochs.count == 16)
            #expect(Set(epochs).count == 16)
            let seqs = epochs.compactMap { $0.split(separator: ":").last.flatMap { Int64($0) } }
            #expect(seqs == seqs.sorted())
        }
    }

    @Test func enteringTellsAMemberWhereTheRoomIs() async throws {
        try await onBench(members: [("alice", "owner,0")]) { bench in
            let keys: [RedisArgument] = [
                .text(Keys.room(.general)), .text(Keys.members(.general)), .text(Keys.online(.general)),
            ]
            func enter(_ run: String, _ known: Int64, _ user: String) async throws -> RedisReply {
                try await bench.redis.function(
                    RoomFunctions.enter, keys: keys, arguments: [.text(run), .int(known), .text(user)])
            }
            let member = try await enter(bench.run, 0, "alice")
            let epoch = try #require(try await bench.field("epoch"))
            #expect(
                member.array?.map(\.text) == ["ok", epoch, "0", "owner", "private", "1", "0", "", "1", "0"])
            _ = try await bench.call("HSET", Keys.online(.general), "", "7")
            let among = try await enter(bench.run, 0, "alice")
            #expect(among[9].int == 7)
            let outsider = try await enter(bench.run, 0, "mallory")
            #expect(outsider[3].text == "")
            let stranger = try await enter("another run", 0, "alice")
            #expect(word(stranger) == "unloaded")
            let ahead = try await enter(bench.run, 9_000_000_000_000, "alice")
            #expect(ahead[1].text != epoch)
            #expect(ahead[2].int == 9_000_000_000_000)
            // The new epoch's first seq: the place before it is the newest.
            #expect(ahead[8].int == 9_000_000_000_001)
        }
    }

    @Test func rolesAreTellingInTheRunThatAuthVouchesFor() async throws {
        try await onBench(members: [("alice", "owner"), ("bob", "member,0")]) { bench in
            func roles(_ run: String) async throws -> [String?]? {
                try await bench.redis.function(
                    RoomFunctions.roles, keys: [.text(Keys.room(.general)), .text(Keys.members(.general))],
                    arguments: [.text(run), "alice", "mallory", "bob"]
                ).array?.map(\.text)
            }
            let now = try await roles(bench.run)
            #expect(now == ["ok", "1", "owner", "", "member"])
            let before = try await roles("another run")
            #expect(before == ["unloaded"])
        }
    }
}
