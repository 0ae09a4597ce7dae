import Redis
import Schema
import Support
import Testing

@testable import RoomFunctions

/// `room_accept` for several messages: each has what it would have alone, in their order.
@Suite struct RoomAcceptTogetherTests {
    @Test func severalGetTheirPlacesInOneCall() async throws {
        try await onBench(members: [("alice", "member"), ("bob", "member,0")]) { bench in
            let first = bench.accept("one")
            var twin = bench.accept("one")
            twin.key = first.key
            var other = bench.accept("two")
            other.key = first.key
            let calls = [twin, other, bench.accept("three", user: .bob), bench.accept("four")]
            let replies = try await first.together(with: calls, bench.redis).array ?? []
            #expect(replies.map(word) == ["ok", "duplicate", "conflict", "muted", "ok"])
            #expect([replies[0][2].int, replies[1][2].int, replies[4][2].int] == [1, 1, 2])
            #expect(replies[1][3].bytes == first.id.bytes)
            let length = try await bench.call("XLEN", Keys.recent(.general))
            #expect(length.int == 2)
        }
    }

    /// Bytes are counted before the next message of a log, once there is a lot of them: a 1,024th of what it may have.
    @Test func bytesAreCountedByLots() async throws {
        try await onBench { bench in
            let calls = (1...12).map { bench.accept("\($0)") }
            let replies = try await calls[0].together(with: Array(calls[1...]), bench.redis)
            #expect(replies.array?.map { $0[2].int } == (1...12).map { Int64($0) })
            func counted() async throws -> Int64? {
                try await bench.call("GET", Keys.unstoredBytes(RoomID.general.partition)).int
            }
            func bytes() async throws -> Int64 {
                let log = try await bench.envelopes(Keys.recent(.general))
                return log.reduce(0) { $0 + Int64($1.utf8.count) }
            }
            // Of those that are refused, or have their places, nothing is counted; of the last nothing yet.
            var sent = try await bytes()
            for (text, isLot) in [("13", false), ("14", true)] {
                var call = bench.accept(text)
                call.logBytes = (isLot ? sent : sent + 1) * 1_024
                let others = [calls[0], bench.accept("denied", user: .bob)]
                let replies = try await call.together(with: others, bench.redis)
                #expect(replies.array?.map(word) == ["ok", "ok", "denied"])
                let count = try await counted()
                #expect(count == (isLot ? sent : 0))
                sent = try await bytes()
            }
        }
    }

    /// A partition that is full takes none of a call, nor remembers its keys.
    @Test func whatHasNoPlaceIsNotRemembered() async throws {
        try await onBench { bench in
            var first = bench.accept("one")
            first.logBytes = 0
            var twin = bench.accept("one")
            twin.key = first.key
            let full = try await first.together(with: [twin, bench.accept("two")], bench.redis)
            #expect(full.array?.map(word) == ["overloaded", "overloaded", "overloaded"])
            let bytes = try await bench.call("GET", Keys.unstoredBytes(RoomID.general.partition))
            #expect(bytes.int == 0)
            first.logBytes = 1 << 30
            let replies = try await first.together(with: [twin, bench.accept("two")], bench.redis)
            #expect(replies.array?.map(word) == ["ok", "duplicate", "ok"])
        }
    }

    /// Each room has its own order and its own faults.
    @Test func messagesOfSeveralRoomsGetTheirPlacesInOneCall() async throws {
        try await onBench { bench in
            let (spoilt, unloaded) = (room("spoilt"), room("unloaded"))
            try await bench.redis.load(spoilt, members: [("alice", "member")], run: bench.run)
            _ = try await bench.call("SET", Keys.recent(spoilt), "no stream")
            var late = bench.accept("three")
            late.notAfter = bench.now - 1_000
            let rooms = [
                [bench.accept("one", room: spoilt), bench.accept("two", room: spoilt)], [late],
                [bench.accept("four", room: unloaded)], [bench.accept("five"), bench.accept("six")],
            ]
            let replies = try await AcceptCall.make(rooms, bench.redis).array ?? []
            for reply in replies.prefix(2) { #expect(throws: RedisError.self) { try reply.result.get() } }
            #expect(replies.dropFirst(2).map(word) == ["late", "unloaded", "ok", "ok"])
            #expect(replies.suffix(2).map { $0[2].int } == [1, 2])
            let seq = try await bench.field("seq", of: spoilt)
            #expect(seq == "0")
            // Nor is a key remembered of what has no place.
            _ = try await bench.call("DEL", Keys.recent(spoilt))
            let again = try await rooms[0][0].together(with: [rooms[0][1]], bench.redis)
            #expect(again.array?.map(word) == ["ok", "ok"])
            #expect(again.array?.map { $0[2].int } == [1, 2])
        }
    }

    /// What is to be tried again comes first when it is: nothing behind it may have a place before.
    @Test func nothingIsAcceptedBehindOneThatIsToBeTriedAgain() async throws {
        try await onBench { bench in
            var wrong = bench.accept("two")
            wrong.time -= 60_000
            let replies = try await bench.accept("one").together(
                with: [wrong, bench.accept("three")], bench.redis)
            #expect(replies.array?.map(word) == ["ok", "clock", "after"])
            let seq = try await bench.field("seq")
            #expect(seq == "1")
        }
    }
}
