import ArchiveFunctions
import Redis
import RoomFunctions
import Schema
import Support
import Testing

/// The way from a partition's log into the archive: take, stored.
@Suite struct ArchiveTests {
    private let partition = RoomID.general.partition
    private var lease: RedisArgument { .text(Keys.logLease(partition)) }
    private var log: RedisArgument { .text(Keys.log(partition)) }

    private var storedKeys: [RedisArgument] {
        [
            lease, log, .text(Keys.logBytes(partition)), .text(Keys.storedChannel(partition)),
            .text(Keys.logDead(partition)),
        ]
    }

    private func last(_ ids: [String]) -> String { ids.last ?? "0-0" }

    /// The ids of the oldest entries.
    private func take(_ bench: Bench, count: Int64 = 100) async throws -> [String] {
        let reply = try await bench.redis.call("XRANGE", log, "-", "+", "COUNT", .int(count))
        return reply.array?.compactMap { $0[0].text } ?? []
    }

    private func stored(
        _ token: String, _ bench: Bench, seq: Int64?, bytes: Int64, upTo last: String, keep: Int64 = 1_000,
        dead: [(id: String, position: String)] = []
    ) async throws -> RedisReply {
        var keys = storedKeys
        var arguments: [RedisArgument] = [
            .text(token), .text(last), .int(bytes), "600", .int(keep), seq == nil ? "0" : "1",
            .int(Int64(dead.count)),
        ]
        if let seq {
            keys += [.text(Keys.room(.general)), .text(Keys.recent(.general))]
            arguments += ["general", "e1", .int(seq)]
        }
        for letter in dead {
            keys.append(letter.position.isEmpty ? lease : .text(Keys.room(.general)))
            arguments += [.text(letter.id), "refused", "23514", .text(letter.position)]
        }
        return try await bench.redis.function(
            ArchiveFunctions.stored, keys: keys, arguments: arguments)
    }

    /// What is stored is what makes room: Redis must not refuse that, nor the leases that it takes.
    @Test func aFullRedisIsEmptiedAllTheSame() async throws {
        try await onBench { bench in
            _ = try await bench.accept()(bench.redis)
            let taken = try await take(bench)
            _ = try await bench.lease("one")
            _ = try await bench.call("CONFIG", "SET", "maxmemory", "1")
            await #expect(throws: RedisError.self) { _ = try await bench.accept("more")(bench.redis) }
            let renewed = try await bench.lease("one")
            #expect(renewed == 1)
            let reply = try await stored("one", bench, seq: 1, bytes: 1, upTo: last(taken))
            #expect(reply == .array([.bulk(Array("ok".utf8)), .integer(1), .integer(0)]))
            let ranks = try await bench.redis.function(
                ArchiveFunctions.announce, keys: [.text(Keys.historyInstances)], arguments: ["one", "1000"])
            #expect(ranks == .array([.integer(1), .integer(0)]))
        }
    }

    @Test func withoutTheLeaseNothingHasAnEffect() async throws {
        try await onBench { bench in
            _ = try await bench.accept()(bench.redis)
            let taken = try await take(bench)
            let never = try await stored("one", bench, seq: 1, bytes: 1, upTo: taken[0])
            #expect(word(never) == "lost")
            _ = try await bench.lease("one")
            _ = try await bench.call("SET", Keys.logLease(partition), "two")
            let late = try await stored("one", bench, seq: 1, bytes: 1, upTo: taken[0])
            #expect(word(late) == "lost")
            let length = try await bench.call("XLEN", Keys.log(partition))
            #expect(length.int == 1)
            let mark = try await bench.field("stored")
            #expect(mark == "0")
        }
    }

    /// All up to the one that is named, and nothing after it, also of the same millisecond.
    @Test func whatIsStoredLeavesTheLogFromItsOldEnd() async throws {
        try await onBench { bench in
            let ids = ["7-1", "7-2", "7-3", "8-0"]
            for id in ids { _ = try await bench.call("XADD", Keys.log(partition), id, "e", "envelope") }
            _ = try await bench.lease("one")
            let two = try await stored("one", bench, seq: nil, bytes: 0, upTo: "7-2")
            #expect(two == .array([.bulk(Array("ok".utf8)), .integer(2), .integer(2)]))
            let rest = try await take(bench)
            #expect(rest == ["7-3", "8-0"])
        }
    }

    /// A Redis that takes over may have lost the newest entries, and give lower ids to new ones while its clock is behind.
    @Test func ofALogThatWentBackNothingIsTakenOut() async throws {
        try await onBench { bench in
            for id in ["7-1", "7-2"] { _ = try await bench.call("XADD", Keys.log(partition), id, "e", "new") }
            _ = try await bench.call("SET", Keys.logBytes(partition), "6")
            _ = try await bench.lease("one")
            let reply = try await stored("one", bench, seq: nil, bytes: 3, upTo: "9-1")
            #expect(reply == .array([.bulk(Array("ok".utf8)), .integer(0), .integer(2)]))
            let rest = try await take(bench)
            #expect(rest == ["7-1", "7-2"])
            let bytes = try await bench.call("GET", Keys.logBytes(partition))
            #expect(bytes.int == 6)
        }
    }

    /// Else the tail of the epoch before would stay for ever, as nothing of the new one may ever come.
    @Test func anEpochWithoutMessagesKeepsNothing() async throws {
        try await onBench { bench in
            for number in 1...3 { _ = try await bench.accept("\(number)")(bench.redis) }
            _ = try await bench.lease("one")
            let taken = try await take(bench)
            for run in ["run-2", "run-3"] {
                try await bench.redis.load(
                    .general, members: [("alice", "member")], run: run, mv: 1, isNew: false)
                _ = try await bench.redis.function(
                    RoomFunctions.enter,
                    keys: [
                        .text(Keys.room(.general)), .text(Keys.members(.general)),
                        .text(Keys.online(.general)),
                    ],
                    arguments: [.text(run), "0", "alice"])
            }
            _ = try await stored("one", bench, seq: 2, bytes: 1, upTo: taken[1])
            let early = try await bench.call("TTL", Keys.recent(.general))
            #expect(early.int == -1)
            _ = try await stored("one", bench, seq: 3, bytes: 1, upTo: taken[2])
            let end = try await bench.call("TTL", Keys.recent(.general))
            #expect((590...600).contains(end.int ?? 0))
            // Its first message keeps what is there from being forgotten.
            var call = bench.accept("4")
            call.run = "run-3"
            _ = try await call(bench.redis)
            let kept = try await bench.call("TTL", Keys.recent(.general))
            #expect(kept.int == -1)
        }
    }

    @Test func whatIsStoredLeavesTheLogAndMovesTheMark() async throws {
        try await onBench { bench in
            for number in 1...3 { _ = try await bench.accept("\(number)")(bench.redis) }
            _ = try await bench.lease("one")
            let taken = try await take(bench)
            let sizes = try await bench.envelopes(Keys.log(partition)).map { Int64($0.utf8.count) }

            // They are counted by lots.
            _ = try await bench.call("SET", Keys.logBytes(partition), "\(sizes.reduce(0, +))")
            let two = try await stored(
                "one", bench, seq: 2, bytes: sizes[0] + sizes[1], upTo: taken[1])
            #expect(two == .array([.bulk(Array("ok".utf8)), .integer(2), .integer(1)]))
            var bytes = try await bench.call("GET", Keys.logBytes(partition))
            #expect(bytes.int == sizes[2])
            var mark = try await bench.field("stored")
            #expect(mark == "2")
            var ttl = try await bench.call("TTL", Keys.recent(.general))
            #expect(ttl.int == -1)

            _ = try await stored("one", bench, seq: 3, bytes: sizes[2], upTo: taken[2])
            bytes = try await bench.call("GET", Keys.logBytes(partition))
            #expect(bytes.int == 0)
            mark = try await bench.field("stored")
            #expect(mark == "3")
            ttl = try await bench.call("TTL", Keys.recent(.general))
            #expect((590...600).contains(ttl.int ?? 0))
            let length = try await bench.call("XLEN", Keys.log(partition))
            #expect(length.int == 0)
        }
    }

    @Test func aDeadLetterIsLaidAsideAndNotedInItsRoom() async throws {
        try await onBench { bench in
            for number in 1...2 { _ = try await bench.accept("\(number)")(bench.redis) }
            _ = try await bench.lease("one")
            let taken = try await take(bench)
            let envelopes = try await bench.envelopes(Keys.log(partition))
            let dead = [(taken[1], "e1:2"), ("1-1", "")]
            _ = try await stored("one", bench, seq: 2, bytes: 0, upTo: last(taken), dead: dead)
            let letters = try await bench.call("XRANGE", Keys.logDead(partition), "-", "+").array ?? []
            #expect(letters.map { $0[1]["e"].text } == [envelopes[1], ""])
            #expect(letters.map { $0[1]["id"].text } == [taken[1], "1-1"])
            #expect(letters.map { $0[1]["reason"].text } == ["refused", "refused"])
            let noted = try await bench.field("dead")
            #expect(noted == "e1:2")
        }
    }

    /// As many as a batch has entries: all of them are noted before anybody hears that the room is stored so far.
    @Test func aRoomNotesItsLastThousandDeadLettersOnce() async throws {
        try await onBench { bench in
            _ = try await bench.accept()(bench.redis)
            _ = try await bench.lease("one")
            for seqs in [[1, 2, 1], Array(3...500), Array(501...1_001), [3]] {
                _ = try await stored(
                    "one", bench, seq: nil, bytes: 0, upTo: "1-1",
                    dead: seqs.map { ("1-1", "e1:\($0)") })
            }
            let noted = try await bench.field("dead")
            let expected = [2] + Array(4...1_001) + [3]
            #expect(noted == expected.map { "e1:\($0)" }.joined(separator: " "))
        }
    }

    /// Else nothing that is stored later would be told any more.
    @Test func theMarkIsNoFurtherThanTheRoom() async throws {
        try await onBench { bench in
            for number in 1...2 { _ = try await bench.accept("\(number)")(bench.redis) }
            _ = try await bench.lease("one")
            let taken = try await take(bench)
            _ = try await stored("one", bench, seq: 4_000_000_000_000, bytes: 0, upTo: taken[0])
            let mark = try await bench.field("stored")
            #expect(mark == "2")
        }
    }

    @Test func theMarkNeverGoesDown() async throws {
        try await onBench { bench in
            for number in 1...3 { _ = try await bench.accept("\(number)")(bench.redis) }
            _ = try await bench.lease("one")
            let taken = try await take(bench)
            _ = try await stored("one", bench, seq: 3, bytes: 0, upTo: taken[2])
            _ = try await stored("one", bench, seq: 1, bytes: 0, upTo: taken[0])
            let mark = try await bench.field("stored")
            #expect(mark == "3")
        }
    }

    @Test func recentOutlivesItsEpoch() async throws {
        try await onBench { bench in
            for number in 1...150 { _ = try await bench.accept("\(number)")(bench.redis) }
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "150")
            var call = bench.accept("first of the new epoch")
            call.known = 4_000_000_000_000
            let seq = try await call(bench.redis)[2].int
            _ = try await bench.lease("one")
            let taken = try await take(bench, count: 200)
            _ = try await stored("one", bench, seq: seq, bytes: 0, upTo: last(taken))
            let length = try await bench.call("XLEN", Keys.recent(.general))
            #expect(length.int == 151)
        }
    }

    @Test func aRoomThatIsGoneIsNotMadeAnew() async throws {
        try await onBench { bench in
            _ = try await bench.accept()(bench.redis)
            _ = try await bench.lease("one")
            let taken = try await take(bench)
            _ = try await bench.call("DEL", Keys.room(.general))
            let reply = try await stored("one", bench, seq: 1, bytes: 0, upTo: last(taken))
            #expect(word(reply) == "ok")
            let exists = try await bench.call("EXISTS", Keys.room(.general))
            #expect(exists.int == 0)
        }
    }

    /// It would hold up a 64th of all rooms.
    @Test(arguments: [
        ["HSET", Keys.room(.general), "stored", "x"], ["HSET", Keys.room(.general), "stored", "inf"],
        ["HSET", Keys.room(.general), "seq", ""], ["HSET", Keys.room(.general), "seq", "nan"],
        ["HSET", Keys.room(.general), "first", "x"], ["HSET", Keys.room(.general), "seq", "2", "first", "x"],
        ["SET", Keys.room(.general), "x"], ["SET", Keys.recent(.general), "x"],
    ])
    func aRoomThatIsSpoiltHoldsUpNoOther(spoil: [String]) async throws {
        try await onBench { bench in
            _ = try await bench.accept()(bench.redis)
            _ = try await bench.lease("one")
            let taken = try await take(bench)
            if spoil[0] == "SET" { _ = try await bench.call("DEL", spoil[1]) }
            _ = try await bench.redis.call(spoil.map { .text($0) })
            let reply = try await stored(
                "one", bench, seq: 1, bytes: 0, upTo: last(taken), dead: [(taken[0], "e1:1")])
            #expect(reply == .array([.bulk(Array("ok".utf8)), .integer(1), .integer(0)]))
        }
    }

    @Test(arguments: ["x", "", "nan", "inf", "-1", "0.5", "1e300"])
    func aMarkThatIsNoNumberIsMendedByTheNextBatch(mark: String) async throws {
        try await onBench { bench in
            _ = try await bench.accept()(bench.redis)
            _ = try await bench.lease("one")
            let taken = try await take(bench)
            _ = try await bench.call("HSET", Keys.room(.general), "stored", mark)
            _ = try await stored("one", bench, seq: 1, bytes: 0, upTo: last(taken))
            let mended = try await bench.field("stored")
            #expect(mended == "1")
        }
    }

    /// From before Redis' clock was set back, or from no instance at all.
    @Test func aThousandEntriesAtOnce() async throws {
        try await onBench { bench in
            for number in 1...1_200 { _ = try await bench.accept("\(number)")(bench.redis) }
            _ = try await bench.lease("one")
            let taken = try await take(bench, count: 1_000)
            let reply = try await stored("one", bench, seq: 1_000, bytes: 0, upTo: last(taken), keep: 10)
            #expect(reply[1].int == 1_000)
            let length = try await bench.call("XLEN", Keys.log(partition))
            #expect(length.int == 200)
            let recent = try await bench.call("XLEN", Keys.recent(.general))
            #expect((200...300).contains(recent.int ?? 0))
        }
    }
}
