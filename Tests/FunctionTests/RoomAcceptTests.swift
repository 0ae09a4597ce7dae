import Redis
import Schema
import Support
import Testing

@testable import RoomFunctions

/// `room_accept`: what gives a message its place, and what does not.
@Suite struct RoomAcceptTests {
    @Test func aMessageGetsItsPlaceEverywhereAtOnce() async throws {
        try await onBench { bench in
            var call = bench.accept("hello")
            call.trace = "00-trace"
            let reply = try await call(bench.redis)
            let epoch = try #require(try await bench.field("epoch"))
            #expect(reply.array?.prefix(3).map(\.text) == ["ok", epoch, "1"])
            #expect(reply[3].bytes == call.id.bytes)
            #expect(reply[4].int == 0)
            let envelope =
                #"{"v":1,"epoch":"\#(epoch)","seq":1,"mv":1,"# + String(decoding: call.tail, as: UTF8.self)
            #expect(
                EnvelopeHead(reading: Array(envelope.utf8))?.position == LogPosition(epoch: epoch, seq: 1))
            let recent = try await bench.call("XRANGE", Keys.recent(.general), "-", "+")
            #expect(recent[0][0].text == "1-0")
            #expect(recent[0][1]["e"].text == envelope)
            #expect(recent[0][1]["t"].text == "00-trace")
            let unstored = Keys.unstored(RoomID.general.partition)
            let waiting = try await bench.call("ZRANGE", unstored, "0", "-1", "WITHSCORES")
            #expect(waiting[0].text == "general")
            #expect(abs((waiting[1].int ?? 0) - bench.now) < 5_000)
            let seq = try await bench.field("seq")
            #expect(seq == "1")
            let next = try await bench.accept("again")(bench.redis)
            #expect(next[2].int == 2)
        }
    }

    /// What wakes the archive's writer comes once, until all is stored again.
    @Test func theFirstToBeStoredIsTold() async throws {
        try await onBench { bench in
            var told: [Int] = []
            for number in 1...3 {
                if number == 3 {
                    // As `log_stored` does when nothing is left.
                    _ = try await bench.call("HSET", Keys.room(.general), "stored", "2")
                    _ = try await bench.call("ZREM", Keys.unstored(RoomID.general.partition), "general")
                }
                _ = try await bench.call("CONFIG", "RESETSTAT")
                _ = try await bench.accept("\(number)")(bench.redis)
                let stats = try await bench.call("INFO", "commandstats").text ?? ""
                let line = stats.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_spublish:calls=") }
                told.append(line?.contains("calls=2,") == true ? 2 : 1)
            }
            #expect(told == [2, 1, 2])
        }
    }

    /// Each fault is found before those after it: taken away one by one, the next shows.
    @Test func theOrderOfTheChecks() async throws {
        try await onBench(members: [("alice", "guest,0"), ("bob", "member")]) { bench in
            let redis = bench.redis
            var first = bench.accept("first", user: .bob)
            first.key = "the same key"
            let accepted = try await first(redis)
            #expect(word(accepted) == "ok")

            var call = bench.accept("second")
            call.key = "the same key"
            call.user = "mallory"
            call.run = "another run"
            call.time -= 60_000
            call.notAfter = call.time
            call.logBytes = 0
            let expected = [
                "late", "unloaded", "denied", "muted", "forbidden", "conflict", "clock", "overloaded",
            ]
            var heard: [String?] = []
            let mending: [(inout AcceptCall) async throws -> Void] = [
                { $0.notAfter = bench.now + 60_000 },
                { $0.run = bench.run },
                { $0.user = "alice" },
                { _ in
                    try await redis.load(
                        .general, members: [("alice", "guest"), ("bob", "member")], run: bench.run, mv: 2)
                },
                { $0.user = "bob" },
                { $0.key = "another key." },
                { $0.time = bench.now },
                { $0.logBytes = 1 << 30 },
            ]
            for mend in mending {
                heard.append(word(try await call(redis)))
                try await mend(&call)
            }
            #expect(heard == expected)
            let last = try await call(redis)
            #expect(word(last) == "ok")
            #expect(last[2].int == 2)
        }
    }

    @Test func aKeySeenBeforeIsADuplicate() async throws {
        try await onBench { bench in
            let first = bench.accept("hello")
            let accepted = try await first(bench.redis)
            var second = bench.accept("hello")
            second.key = first.key
            let duplicate = try await second(bench.redis)
            #expect(word(duplicate) == "duplicate")
            #expect(duplicate[1] == accepted[1])
            #expect(duplicate[2].int == 1)
            #expect(duplicate[3].bytes == first.id.bytes)
            let seq = try await bench.field("seq")
            #expect(seq == "1")
        }
    }

    @Test func theSameCallRepeatedIsNoDuplicateToTheClient() async throws {
        try await onBench { bench in
            let call = bench.accept("hello")
            let accepted = try await call(bench.redis)
            let repeated = try await call(bench.redis)
            #expect(repeated == accepted)
            let length = try await bench.call("XLEN", Keys.recent(.general))
            #expect(length.int == 1)
        }
    }

    /// The answer to a first try was lost: its sender hears that it has its place, whatever was decided meanwhile.
    @Test(arguments: [[], [("alice", "member,0")], [("alice", "guest")]])
    func whatHasItsPlaceIsRefusedToNobody(members: [(String, String)]) async throws {
        try await onBench { bench in
            let first = bench.accept("hello")
            let accepted = try await first(bench.redis)
            _ = try await bench.call("DEL", Keys.members(.general))
            try await bench.redis.load(.general, members: members, run: bench.run, mv: 2)
            let repeated = try await first(bench.redis)
            #expect(repeated == accepted)
            var again = bench.accept("hello")
            again.key = first.key
            let duplicate = try await again(bench.redis)
            #expect(word(duplicate) == "duplicate")
            // Of another content nothing is told.
            again.content = "other digest"
            let refused = try await again(bench.redis)
            #expect(["denied", "muted", "forbidden"].contains(word(refused)))
        }
    }

    @Test func theSameKeyForAnotherContentIsAConflict() async throws {
        try await onBench { bench in
            let first = bench.accept("hello")
            _ = try await first(bench.redis)
            var second = bench.accept("good-bye")
            second.key = first.key
            let reply = try await second(bench.redis)
            #expect(reply == .array([.bulk(Array("conflict".utf8))]))
        }
    }

    @Test(arguments: [("guest", "", "forbidden"), ("guest", "guests_send", "ok"), ("owner", "", "ok")])
    func guestsSendWhereTheRoomLetsThem(role: String, policy: String, expected: String) async throws {
        try await onBench { bench in
            try await bench.redis.load(
                .general, members: [("alice", role)], run: bench.run, mv: 2, policy: policy)
            let reply = try await bench.accept()(bench.redis)
            #expect(word(reply) == expected)
        }
    }

    @Test func aMuteEnds() async throws {
        try await onBench { bench in
            let table = [("member,0", "muted"), ("member,1", "ok"), ("owner,9999999999999", "muted")]
            for (number, (value, expected)) in table.enumerated() {
                try await bench.redis.load(
                    .general, members: [("alice", value)], run: bench.run, mv: Int64(number + 2))
                let reply = try await bench.accept("\(number)")(bench.redis)
                #expect(word(reply) == expected)
            }
        }
    }

    @Test(arguments: [(-5_500, "clock"), (5_500, "clock"), (-4_000, "ok"), (4_000, "ok")])
    func anIDsTimeIsNearRedisClock(offset: Int64, expected: String) async throws {
        try await onBench { bench in
            var call = bench.accept()
            call.time += offset
            let reply = try await call(bench.redis)
            #expect(word(reply) == expected)
            if expected == "clock" { #expect(abs((reply[1].int ?? 0) - bench.now) < 5_000) }
        }
    }

    @Test func whoIsLateHearsTheTime() async throws {
        try await onBench { bench in
            var call = bench.accept()
            call.notAfter = bench.now - 1_000
            let reply = try await call(bench.redis)
            #expect(word(reply) == "late")
            #expect(abs((reply[1].int ?? 0) - bench.now) < 5_000)
        }
    }

    /// Since when its oldest message waits is kept; one that somebody has taken out is put back with the next hundredth.
    @Test func aRoomStandsAmongThoseToBeStored() async throws {
        try await onBench { bench in
            let unstored = Keys.unstored(RoomID.general.partition)
            _ = try await bench.call("HSET", Keys.room(.general), "seq", "97", "stored", "97")
            _ = try await bench.accept("98")(bench.redis)
            _ = try await bench.call("ZADD", unstored, "7", "general")
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "1")
            _ = try await bench.accept("99")(bench.redis)
            var since = try await bench.call("ZSCORE", unstored, "general")
            #expect(since.int == 7)
            _ = try await bench.call("DEL", unstored)
            _ = try await bench.accept("100")(bench.redis)
            since = try await bench.call("ZSCORE", unstored, "general")
            #expect(since.int ?? 0 > 7)
            _ = try await bench.call("DEL", unstored)
            _ = try await bench.accept("101")(bench.redis)
            since = try await bench.call("ZSCORE", unstored, "general")
            #expect(since.isNull)
        }
    }

    @Test func whatTheArchiveLacksStaysRecent() async throws {
        try await onBench { bench in
            // Streams are trimmed each hundred seqs, by whole nodes of a hundred entries.
            func accept(_ numbers: ClosedRange<Int>) async throws {
                for number in numbers {
                    var call = bench.accept("\(number)")
                    call.keep = 10
                    _ = try await call(bench.redis)
                }
            }
            try await accept(1...250)
            let before = try await bench.call("XLEN", Keys.recent(.general))
            #expect(before.int == 250)
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "150")
            try await accept(251...300)
            let oldest = try await bench.call("XRANGE", Keys.recent(.general), "-", "+", "COUNT", "1")
            let first = try #require(oldest[0][0].text?.split(separator: "-").first.flatMap { Int($0) })
            #expect((2...150).contains(first))
        }
    }

    /// A build before the first release let it expire, and wrote `ready` the other way round.
    @Test func aNewMessageKeepsRecentFromBeingForgotten() async throws {
        try await onBench { bench in
            _ = try await bench.accept("one")(bench.redis)
            var words = try #require(try await bench.field("ready")).split(separator: " ")
            words.swapAt(0, 1)
            _ = try await bench.call(
                "HSET", Keys.room(.general), "stored", "1", "ready", words.joined(separator: " "))
            _ = try await bench.call("EXPIRE", Keys.recent(.general), "600")
            _ = try await bench.call("DEL", Keys.logs(RoomID.general.partition))
            _ = try await bench.accept("two")(bench.redis)
            let ttl = try await bench.call("TTL", Keys.recent(.general))
            #expect(ttl.int == -1)
            let logs = try await bench.call("ZRANGE", Keys.logs(RoomID.general.partition), "0", "-1")
            #expect(logs.array?.map(\.text) == ["general"])
        }
    }
}
