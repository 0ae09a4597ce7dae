import ArchiveFunctions
import Redis
import RoomFunctions
import Schema
import Support
import Testing

/// `log_stored`: what is in the archive, and what follows from that in Redis.
@Suite struct ArchiveTests {
    private let partition = RoomID.general.partition

    /// What is stored is what makes room: Redis must not refuse that, nor the leases that it takes.
    @Test func aFullRedisIsEmptiedAllTheSame() async throws {
        try await onBench { bench in
            try await bench.fill(1)
            _ = try await bench.lease("one")
            _ = try await bench.call("CONFIG", "SET", "maxmemory", "1")
            await #expect(throws: RedisError.self) { _ = try await bench.accept("more")(bench.redis) }
            let renewed = try await bench.lease("one")
            #expect(renewed == 1)
            let reply = try await bench.stored("one", seq: 1)
            #expect(reply == .stored(left: 0))
            let ranks = try await bench.redis.function(
                ArchiveFunctions.announce, keys: [.text(Keys.historyInstances)], arguments: ["one", "1000"])
            #expect(ranks == .array([.integer(1), .integer(0)]))
        }
    }

    @Test func withoutTheLeaseNothingHasAnEffect() async throws {
        try await onBench { bench in
            try await bench.fill(1)
            let never = try await bench.stored("one", seq: 1)
            #expect(word(never) == "lost")
            _ = try await bench.lease("one")
            _ = try await bench.call("SET", Keys.logLease(partition), "two")
            let late = try await bench.stored("one", seq: 1)
            #expect(word(late) == "lost")
            let waiting = try await bench.waitingSince()
            #expect(waiting != nil)
            let mark = try await bench.field("stored")
            #expect(mark == "0")
        }
    }

    /// A room stays among those to be stored until all of it is; since when it waits moves on.
    @Test func whatIsStoredMovesTheMark() async throws {
        try await onBench { bench in
            try await bench.fill(3)
            _ = try await bench.lease("one")
            let sizes = try await bench.envelopes(Keys.recent(.general)).map { Int64($0.utf8.count) }
            // They are counted by lots.
            _ = try await bench.call("SET", Keys.unstoredBytes(partition), "\(sizes.reduce(0, +))")

            let two = try await bench.stored("one", seq: 2, bytes: sizes[0] + sizes[1])
            #expect(two == .stored(left: 1))
            let waiting = try await bench.waitingSince()
            #expect(waiting == 77)
            var bytes = try await bench.call("GET", Keys.unstoredBytes(partition))
            #expect(bytes.int == sizes[2])
            var mark = try await bench.field("stored")
            #expect(mark == "2")

            let three = try await bench.stored("one", seq: 3)
            #expect(three == .stored(left: 0))
            bytes = try await bench.call("GET", Keys.unstoredBytes(partition))
            #expect(bytes.int == 0)
            mark = try await bench.field("stored")
            #expect(mark == "3")
        }
    }

    /// What is accepted while a batch is under way is not forgotten with it.
    @Test func whatCameMeanwhileIsStillToBeStored() async throws {
        try await onBench { bench in
            try await bench.fill(1)
            _ = try await bench.lease("one")
            _ = try await bench.accept("meanwhile")(bench.redis)
            // Read, then not: whoever found nothing may have looked just before.
            for (seq, isRead) in [(Int64(1), true), (1, false)] {
                let reply = try await bench.stored("one", seq: seq, isRead: isRead)
                #expect(reply == .stored(left: 1))
            }
            let mark = try await bench.field("stored")
            #expect(mark == "1")
        }
    }

    /// Else its room would be looked at for ever, and what comes later never be stored.
    @Test(arguments: [true, false]) func whatHasBeenLostIsNotWaitedFor(isGone: Bool) async throws {
        try await onBench { bench in
            try await bench.fill(2)
            _ = try await bench.lease("one")
            let loss = isGone ? ["DEL", Keys.recent(.general)] : ["XDEL", Keys.recent(.general), "2-0"]
            _ = try await bench.redis.call(loss.map { .text($0) })
            let reply = try await bench.stored("one", seq: isGone ? 0 : 1, isRead: false)
            #expect(reply == .stored(left: 0, gone: 1))
            let mark = try await bench.field("stored")
            #expect(mark == "2")
            _ = try await bench.accept("next")(bench.redis)
            let waiting = try await bench.waitingSince()
            #expect(waiting != nil)
        }
    }

    @Test func namesThatAreNoRoomsAreTakenOut() async throws {
        try await onBench { bench in
            try await bench.fill(1)
            _ = try await bench.lease("one")
            _ = try await bench.call("ZADD", Keys.unstored(partition), "1", "no room", "2", "neither")
            let reply = try await bench.stored("one", seq: 1, strays: ["no room", "neither"])
            #expect(reply == .stored(left: 0))
        }
    }

    /// Else the tail of the epoch before would stay for ever, as nothing of the new one may ever come.
    @Test func anEpochWithoutMessagesKeepsNothing() async throws {
        try await onBench { bench in
            try await bench.fill(3)
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
            let two = try await bench.stored("one", seq: 2)
            #expect(two == .stored(left: 1))
            let three = try await bench.stored("one", seq: 3)
            #expect(three == .stored(left: 0))
            for isThere in [true, false] {
                try await bench.sweep()
                let hasLog = try await bench.hasLog()
                #expect(hasLog == isThere)
            }
        }
    }

    /// Else nothing that is stored later would be told any more.
    @Test func theMarkIsNoFurtherThanTheRoom() async throws {
        try await onBench { bench in
            try await bench.fill(2)
            _ = try await bench.lease("one")
            _ = try await bench.stored("one", seq: 4_000_000_000_000)
            let mark = try await bench.field("stored")
            #expect(mark == "2")
        }
    }

    @Test func theMarkNeverGoesDown() async throws {
        try await onBench { bench in
            try await bench.fill(3)
            _ = try await bench.lease("one")
            for (seq, left) in [(Int64(2), Int64(1)), (1, 1), (3, 0)] {
                let reply = try await bench.stored("one", seq: seq)
                #expect(reply == .stored(left: left))
            }
            _ = try await bench.stored("one", seq: 1)
            let mark = try await bench.field("stored")
            #expect(mark == "3")
        }
    }

    @Test func recentOutlivesItsEpoch() async throws {
        try await onBench { bench in
            try await bench.fill(150)
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "150")
            var call = bench.accept("first of the new epoch")
            call.known = 4_000_000_000_000
            let seq = try #require(try await call(bench.redis)[2].int)
            _ = try await bench.lease("one")
            _ = try await bench.stored("one", seq: seq)
            let length = try await bench.call("XLEN", Keys.recent(.general))
            #expect(length.int == 151)
        }
    }

    @Test func aThousandEntriesAtOnce() async throws {
        try await onBench { bench in
            try await bench.fill(1_200)
            _ = try await bench.lease("one")
            let reply = try await bench.stored("one", seq: 1_000, keep: 10)
            #expect(reply == .stored(left: 1))
            let recent = try await bench.call("XLEN", Keys.recent(.general))
            #expect((200...300).contains(recent.int ?? 0))
        }
    }
}
