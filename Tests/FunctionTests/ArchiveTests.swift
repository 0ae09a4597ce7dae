import ArchiveFunctions
import Redis
import RoomFunctions
import Schema
import Support
import Testing

/// `log_stored`: what is in the archive, and what follows from that in Redis.
@Suite struct ArchiveTests {
    private let partition = RoomID.general.partition

    /// A dead letter of the room `general`.
    private typealias Letter = (seq: Int64, position: String)

    private func stored(
        _ token: String, _ bench: Bench, seq: Int64, isRead: Bool = true, bytes: Int64 = 0,
        keep: Int64 = 1_000,
        dead: [Letter] = [], strays: [String] = []
    ) async throws -> RedisReply {
        let keys = [
            Keys.logLease(partition), Keys.unstored(partition), Keys.unstoredBytes(partition),
            Keys.storedChannel(partition), Keys.logDead(partition), Keys.room(.general),
            Keys.recent(.general),
        ]
        var arguments: [RedisArgument] = [
            .text(token), .int(bytes), "600", .int(keep), "1", .int(Int64(dead.count)), "general",
            isRead ? "e1" : "", .int(seq), isRead ? "77" : "",
        ]
        for letter in dead {
            arguments += ["1", .int(letter.seq), "refused", "23514", .text(letter.position)]
        }
        arguments += strays.map { .text($0) }
        return try await bench.redis.function(
            ArchiveFunctions.stored, keys: keys.map { .text($0) }, arguments: arguments)
    }

    private func done(left: Int64, gone: Int64 = 0) -> RedisReply {
        .array([.bulk(Array("ok".utf8)), .integer(left), .integer(gone)])
    }

    private func accept(_ count: Int, _ bench: Bench) async throws {
        for number in 1...count { _ = try await bench.accept("\(number)")(bench.redis) }
    }

    private func since(_ bench: Bench) async throws -> Int64? {
        try await bench.call("ZSCORE", Keys.unstored(partition), "general").int
    }

    /// What is stored is what makes room: Redis must not refuse that, nor the leases that it takes.
    @Test func aFullRedisIsEmptiedAllTheSame() async throws {
        try await onBench { bench in
            try await accept(1, bench)
            _ = try await bench.lease("one")
            _ = try await bench.call("CONFIG", "SET", "maxmemory", "1")
            await #expect(throws: RedisError.self) { _ = try await bench.accept("more")(bench.redis) }
            let renewed = try await bench.lease("one")
            #expect(renewed == 1)
            let reply = try await stored("one", bench, seq: 1)
            #expect(reply == done(left: 0))
            let ranks = try await bench.redis.function(
                ArchiveFunctions.announce, keys: [.text(Keys.historyInstances)], arguments: ["one", "1000"])
            #expect(ranks == .array([.integer(1), .integer(0)]))
        }
    }

    @Test func withoutTheLeaseNothingHasAnEffect() async throws {
        try await onBench { bench in
            try await accept(1, bench)
            let never = try await stored("one", bench, seq: 1)
            #expect(word(never) == "lost")
            _ = try await bench.lease("one")
            _ = try await bench.call("SET", Keys.logLease(partition), "two")
            let late = try await stored("one", bench, seq: 1)
            #expect(word(late) == "lost")
            let waiting = try await since(bench)
            #expect(waiting != nil)
            let mark = try await bench.field("stored")
            #expect(mark == "0")
        }
    }

    /// A room stays among those to be stored until all of it is; since when it waits moves on.
    @Test func whatIsStoredMovesTheMark() async throws {
        try await onBench { bench in
            try await accept(3, bench)
            _ = try await bench.lease("one")
            let sizes = try await bench.envelopes(Keys.recent(.general)).map { Int64($0.utf8.count) }
            // They are counted by lots.
            _ = try await bench.call("SET", Keys.unstoredBytes(partition), "\(sizes.reduce(0, +))")

            let two = try await stored("one", bench, seq: 2, bytes: sizes[0] + sizes[1])
            #expect(two == done(left: 1))
            let waiting = try await since(bench)
            #expect(waiting == 77)
            var bytes = try await bench.call("GET", Keys.unstoredBytes(partition))
            #expect(bytes.int == sizes[2])
            var mark = try await bench.field("stored")
            #expect(mark == "2")
            var ttl = try await bench.call("TTL", Keys.recent(.general))
            #expect(ttl.int == -1)

            let three = try await stored("one", bench, seq: 3)
            #expect(three == done(left: 0))
            bytes = try await bench.call("GET", Keys.unstoredBytes(partition))
            #expect(bytes.int == 0)
            mark = try await bench.field("stored")
            #expect(mark == "3")
            ttl = try await bench.call("TTL", Keys.recent(.general))
            #expect((590...600).contains(ttl.int ?? 0))
        }
    }

    /// What is accepted while a batch is under way is not forgotten with it.
    @Test func whatCameMeanwhileIsStillToBeStored() async throws {
        try await onBench { bench in
            try await accept(1, bench)
            _ = try await bench.lease("one")
            _ = try await bench.accept("meanwhile")(bench.redis)
            // Read, then not: whoever found nothing may have looked just before.
            for (seq, isRead) in [(Int64(1), true), (1, false)] {
                let reply = try await stored("one", bench, seq: seq, isRead: isRead)
                #expect(reply == done(left: 1))
            }
            let mark = try await bench.field("stored")
            #expect(mark == "1")
        }
    }

    /// Else its room would be looked at for ever, and what comes later never be stored.
    @Test(arguments: [true, false]) func whatHasBeenLostIsNotWaitedFor(isGone: Bool) async throws {
        try await onBench { bench in
            try await accept(2, bench)
            _ = try await bench.lease("one")
            let loss = isGone ? ["DEL", Keys.recent(.general)] : ["XDEL", Keys.recent(.general), "2-0"]
            _ = try await bench.redis.call(loss.map { .text($0) })
            let reply = try await stored("one", bench, seq: isGone ? 0 : 1, isRead: false)
            #expect(reply == done(left: 0, gone: 1))
            let mark = try await bench.field("stored")
            #expect(mark == "2")
            _ = try await bench.accept("next")(bench.redis)
            let waiting = try await since(bench)
            #expect(waiting != nil)
        }
    }

    @Test func namesThatAreNoRoomsAreTakenOut() async throws {
        try await onBench { bench in
            try await accept(1, bench)
            _ = try await bench.lease("one")
            _ = try await bench.call("ZADD", Keys.unstored(partition), "1", "no room", "2", "neither")
            let reply = try await stored("one", bench, seq: 1, strays: ["no room", "neither"])
            #expect(reply == done(left: 0))
        }
    }

    /// Else the tail of the epoch before would stay for ever, as nothing of the new one may ever come.
    @Test func anEpochWithoutMessagesKeepsNothing() async throws {
        try await onBench { bench in
            try await accept(3, bench)
            _ = try await bench.lease("one")
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
            let two = try await stored("one", bench, seq: 2)
            #expect(two == done(left: 1))
            let early = try await bench.call("TTL", Keys.recent(.general))
            #expect(early.int == -1)
            let three = try await stored("one", bench, seq: 3)
            #expect(three == done(left: 0))
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

    /// Else nothing that is stored later would be told any more.
    @Test func theMarkIsNoFurtherThanTheRoom() async throws {
        try await onBench { bench in
            try await accept(2, bench)
            _ = try await bench.lease("one")
            _ = try await stored("one", bench, seq: 4_000_000_000_000)
            let mark = try await bench.field("stored")
            #expect(mark == "2")
        }
    }

    @Test func theMarkNeverGoesDown() async throws {
        try await onBench { bench in
            try await accept(3, bench)
            _ = try await bench.lease("one")
            for (seq, left) in [(Int64(2), Int64(1)), (1, 1), (3, 0)] {
                let reply = try await stored("one", bench, seq: seq)
                #expect(reply == done(left: left))
            }
            _ = try await stored("one", bench, seq: 1)
            let mark = try await bench.field("stored")
            #expect(mark == "3")
        }
    }

    @Test func recentOutlivesItsEpoch() async throws {
        try await onBench { bench in
            try await accept(150, bench)
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "150")
            var call = bench.accept("first of the new epoch")
            call.known = 4_000_000_000_000
            let seq = try #require(try await call(bench.redis)[2].int)
            _ = try await bench.lease("one")
            _ = try await stored("one", bench, seq: seq)
            let length = try await bench.call("XLEN", Keys.recent(.general))
            #expect(length.int == 151)
        }
    }

    @Test func aThousandEntriesAtOnce() async throws {
        try await onBench { bench in
            try await accept(1_200, bench)
            _ = try await bench.lease("one")
            let reply = try await stored("one", bench, seq: 1_000, keep: 10)
            #expect(reply == done(left: 1))
            let recent = try await bench.call("XLEN", Keys.recent(.general))
            #expect((200...300).contains(recent.int ?? 0))
        }
    }
}

/// What the archive could not take, and what somebody has spoilt.
extension ArchiveTests {
    @Test func aDeadLetterIsLaidAsideAndNotedInItsRoom() async throws {
        try await onBench { bench in
            try await accept(2, bench)
            _ = try await bench.lease("one")
            let envelopes = try await bench.envelopes(Keys.recent(.general))
            _ = try await stored("one", bench, seq: 2, dead: [(2, "e1:2"), (7, "")])
            let letters = try await bench.call("XRANGE", Keys.logDead(partition), "-", "+").array ?? []
            #expect(letters.map { $0[1]["e"].text } == [envelopes[1], ""])
            #expect(letters.map { $0[1]["room"].text } == ["general", "general"])
            #expect(letters.map { $0[1]["seq"].text } == ["2", "7"])
            #expect(letters.map { $0[1]["reason"].text } == ["refused", "refused"])
            let noted = try await bench.field("dead")
            #expect(noted == "e1:2")
        }
    }

    /// As many as a batch has entries: all of them are noted before anybody hears that the room is stored so far.
    @Test func aRoomNotesItsLastThousandDeadLettersOnce() async throws {
        try await onBench { bench in
            try await accept(1, bench)
            _ = try await bench.lease("one")
            for seqs in [[1, 2, 1], Array(3...500), Array(501...1_001), [3]] {
                _ = try await stored("one", bench, seq: 0, dead: seqs.map { (Int64($0), "e1:\($0)") })
            }
            let noted = try await bench.field("dead")
            let expected = [2] + Array(4...1_001) + [3]
            #expect(noted == expected.map { "e1:\($0)" }.joined(separator: " "))
        }
    }

    @Test func aRoomThatIsGoneIsNotMadeAnew() async throws {
        try await onBench { bench in
            try await accept(1, bench)
            _ = try await bench.lease("one")
            _ = try await bench.call("DEL", Keys.room(.general))
            let reply = try await stored("one", bench, seq: 1)
            #expect(reply == done(left: 0))
            let exists = try await bench.call("EXISTS", Keys.room(.general))
            #expect(exists.int == 0)
        }
    }

    /// Nothing says how far it is then: what is stored goes, so that the rest is read next.
    @Test func aRoomThatIsGoneStaysUntilAllOfItIsStored() async throws {
        try await onBench { bench in
            try await accept(3, bench)
            _ = try await bench.lease("one")
            _ = try await bench.call("DEL", Keys.room(.general))
            let two = try await stored("one", bench, seq: 2)
            #expect(two == done(left: 1))
            let rest = try await bench.call("XRANGE", Keys.recent(.general), "-", "+")
            #expect(rest.array?.map { $0[0].text } == ["3-0"])
            let early = try await bench.call("TTL", Keys.recent(.general))
            #expect(early.int == -1)
            let three = try await stored("one", bench, seq: 3)
            #expect(three == done(left: 0))
            let exists = try await bench.call("EXISTS", Keys.room(.general))
            #expect(exists.int == 0)
        }
    }

    /// What stands beyond is no message of the room, and not waited for either.
    @Test func whatHasBeenLostBelowAnythingIsNotWaitedFor() async throws {
        try await onBench { bench in
            try await accept(2, bench)
            _ = try await bench.lease("one")
            _ = try await bench.call("XDEL", Keys.recent(.general), "2-0")
            _ = try await bench.call("XADD", Keys.recent(.general), "\(UInt64.max)-0", "e", "x")
            let reply = try await stored("one", bench, seq: 1, isRead: false)
            #expect(reply == done(left: 0, gone: 1))
        }
    }

    /// It would hold up a 64th of all rooms.
    @Test(arguments: [
        ["HSET", Keys.room(.general), "stored", "x"], ["HSET", Keys.room(.general), "stored", "inf"],
        ["HSET", Keys.room(.general), "seq", ""], ["HSET", Keys.room(.general), "seq", "nan"],
        ["HSET", Keys.room(.general), "first", "x"], ["HSET", Keys.room(.general), "seq", "2", "first", "x"],
        ["SET", Keys.room(.general), "x"], ["SET", Keys.recent(.general), "x"],
        ["XADD", Keys.recent(.general), "\(UInt64.max)-0", "e", "x"],
    ])
    func aRoomThatIsSpoiltHoldsUpNoOther(spoil: [String]) async throws {
        try await onBench { bench in
            try await accept(1, bench)
            _ = try await bench.lease("one")
            if spoil[0] == "SET" { _ = try await bench.call("DEL", spoil[1]) }
            _ = try await bench.redis.call(spoil.map { .text($0) })
            _ = try await stored("one", bench, seq: 1, dead: [(1, "e1:1")])
            // Whoever looks once more finds nothing.
            let reply = try await stored("one", bench, seq: 1, isRead: false)
            #expect(reply[1].int == 0)
        }
    }

    @Test(arguments: ["x", "", "nan", "inf", "-1", "0.5", "1e300"])
    func aMarkThatIsNoNumberIsMendedByTheNextBatch(mark: String) async throws {
        try await onBench { bench in
            try await accept(1, bench)
            _ = try await bench.lease("one")
            _ = try await bench.call("HSET", Keys.room(.general), "stored", mark)
            _ = try await stored("one", bench, seq: 1)
            let mended = try await bench.field("stored")
            #expect(mended == "1")
        }
    }
}

/// `log_adopt`: what builds before the first release have left.
extension ArchiveTests {
    @Test func theRoomsOfAFormerLogAreTakenOver() async throws {
        try await onBench { bench in
            let log = Keys.formerLog(partition)
            for number in 1...1_500 {
                let room = number == 1_400 ? "late" : "general"
                let envelope =
                    #"{"v":1,"epoch":"e1","seq":\#(number),"type":"new_message","room":"\#(room)"}"#
                _ = try await bench.call("XADD", log, "\(number)-0", "e", envelope)
            }
            _ = try await bench.call("XADD", log, "1501-0", "x", "y")
            _ = try await bench.call("SET", "\(log):bytes", "7")
            var counts: [Int64?] = []
            for _ in 1...3 {
                let reply = try await bench.redis.function(
                    ArchiveFunctions.adopt, keys: [.text(log), .text(Keys.unstored(partition))], arguments: []
                )
                counts.append(reply.int)
            }
            #expect(counts == [1_000, 501, 0])
            let left = try await bench.call("EXISTS", log, "\(log):bytes")
            #expect(left.int == 0)
            let rooms = try await bench.call("ZRANGE", Keys.unstored(partition), "0", "-1", "WITHSCORES")
            #expect(rooms.array?.map(\.text) == ["general", "1", "late", "1400"])
        }
    }
}
