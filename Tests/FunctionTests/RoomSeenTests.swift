import Redis
import Schema
import Support
import Testing

@testable import RoomFunctions

/// How long a key is remembered: by the ten minutes of Redis' clock.
@Suite struct RoomSeenTests {
    private func seen(_ call: AcceptCall, _ bench: Bench) async throws -> RedisReply {
        let reply = try await bench.redis.function(
            RoomFunctions.seen, keys: [call.roomKey],
            arguments: [
                .text(call.run), .text(call.user), .bytes(call.keyDigest), .bytes(call.contentDigest),
            ])
        return call.inWords(reply)
    }

    @Test func whatWasAcceptedIsKnownWithoutAPlaceGiven() async throws {
        try await onBenchWithinTenMinutes { bench in
            let call = bench.accept("hello")
            let unseen = try await seen(call, bench)
            #expect(word(unseen) == "unseen")
            let accepted = try await call(bench.redis)
            let known = try await seen(call, bench)
            #expect(known == .array([.bulk(Array("duplicate".utf8))] + (accepted.array ?? []).dropFirst()))
            var other = call
            other.content = "other digest"
            let conflict = try await seen(other, bench)
            #expect(word(conflict) == "conflict")
            other.user = "mallory"
            let denied = try await seen(other, bench)
            #expect(word(denied) == "denied")
            // Who has been put out since is told of what was accepted before.
            try await bench.redis.load(.general, members: [("bob", "member")], run: bench.run, mv: 2)
            let before = try await seen(call, bench)
            #expect(before == known)
            other.run = "another run"
            let unloaded = try await seen(other, bench)
            #expect(word(unloaded) == "unloaded")
        }
    }

    @Test func whatWasAcceptedIsKnownWhereRedisIsFull() async throws {
        try await onBenchWithinTenMinutes { bench in
            let call = bench.accept("hello")
            _ = try await call(bench.redis)
            _ = try await bench.call("CONFIG", "SET", "maxmemory", "1")
            await #expect(throws: RedisError.self) { _ = try await call(bench.redis) }
            let known = try await seen(call, bench)
            #expect(word(known) == "duplicate")
        }
    }

    /// The two hashes are moved back in time by hand: what their stamp says is what counts.
    @Test(arguments: [(1, "duplicate"), (2, "ok")])
    func aKeyIsKnownForTenMinutesAndForgottenAfterTwenty(generations: Int64, expected: String) async throws {
        try await onBenchWithinTenMinutes { bench in
            let call = bench.accept("hello")
            _ = try await call(bench.redis)
            let hashes = Keys.seen(.general)
            let generation = bench.now / 600_000
            let current = hashes[Int(generation % 2)]
            let aged = hashes[Int((generation - generations) % 2)]
            if aged != current { _ = try await bench.call("RENAME", current, aged) }
            _ = try await bench.call("HSET", aged, "", "\(generation - generations)")
            try await setMemory(bench, "\(generation - generations)")
            var again = bench.accept("hello")
            again.key = call.key
            let reply = try await again(bench.redis)
            #expect(word(reply) == expected)
            let stamp = try await bench.call("HGET", current, "")
            if expected == "ok" { #expect(stamp.int == generation) }
        }
    }

    /// The same over the boundary: what was accepted in the ten minutes before is compared too.
    @Test func aKeyOfTheTenMinutesBeforeIsAConflictForAnotherContent() async throws {
        try await onBenchWithinTenMinutes { bench in
            let call = bench.accept("hello")
            _ = try await call(bench.redis)
            try await age(bench)
            var other = bench.accept("good-bye")
            other.key = call.key
            let replies = [try await other(bench.redis), try await seen(other, bench)]
            #expect(replies.map(word) == ["conflict", "conflict"])
            let same = try await seen(call, bench)
            #expect(word(same) == "duplicate")
        }
    }

    /// Moves what was accepted just now into the ten minutes before.
    private func age(_ bench: Bench) async throws {
        let generation = bench.now / 600_000
        let hashes = Keys.seen(.general)
        let (now, before) = (hashes[Int(generation % 2)], hashes[Int((generation + 1) % 2)])
        _ = try await bench.call("RENAME", now, before)
        _ = try await bench.call("HSET", before, "", "\(generation - 1)")
        try await setMemory(bench, "\(generation - 1)")
    }

    /// As if the room had been looked at closely then.
    private func setMemory(_ bench: Bench, _ seen: String) async throws {
        _ = try await bench.call("HSET", Keys.room(.general), "seen", seen)
        _ = try await bench.call("HDEL", Keys.room(.general), "ready")
    }

    @Test func whatIsNotKnownIsAnsweredWithHowFarTheMemoryReaches() async throws {
        try await onBenchWithinTenMinutes { bench in
            let stranger = bench.accept("another")
            let empty = try await seen(stranger, bench)
            #expect(abs((empty[1].int ?? 0) - bench.now) < 20_000)
            #expect(empty[2].text == "")
            for text in ["one", "two", "three"] { _ = try await bench.accept(text)(bench.redis) }
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "1")
            let start = bench.now / 600_000 * 600_000
            let now = try await seen(stranger, bench)
            #expect(now[1].int == start)
            let second = try await bench.envelopes(Keys.recent(.general))[1]
            #expect(now[2].text == second)
            try await age(bench)
            // Nothing was accepted since, so nothing of it can have been lost.
            let quiet = try await seen(stranger, bench)
            #expect(quiet[1].int == start - 600_000)
            _ = try await bench.accept("four")(bench.redis)
            let both = try await seen(stranger, bench)
            #expect(both[1].int == start - 600_000)
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "4")
            let stored = try await seen(stranger, bench)
            #expect(stored[2].text == "")
            // Redis has lost what it knew of these ten minutes, and nobody can tell what that was.
            _ = try await bench.call("DEL", Keys.seen(.general)[Int(bench.now / 600_000 % 2)])
            let lost = try await seen(stranger, bench)
            #expect(abs((lost[1].int ?? 0) - bench.now) < 20_000)
            // What it takes from then on is known; how far that reaches, nobody can tell still.
            let next = bench.accept("five")
            _ = try await next(bench.redis)
            let known = try await seen(next, bench)
            #expect(word(known) == "duplicate")
            let unknown = try await seen(stranger, bench)
            #expect(abs((unknown[1].int ?? 0) - bench.now) < 20_000)
        }
    }

    /// The clock was set back over the boundary: what was accepted after it is known, and added to.
    @Test func whatIsRememberedForLaterCounts() async throws {
        try await onBenchWithinTenMinutes { bench in
            let call = bench.accept("hello")
            _ = try await call(bench.redis)
            let generation = bench.now / 600_000
            let hashes = Keys.seen(.general)
            let (now, next) = (hashes[Int(generation % 2)], hashes[Int((generation + 1) % 2)])
            _ = try await bench.call("RENAME", now, next)
            _ = try await bench.call("HSET", next, "", "\(generation + 1)")
            try await setMemory(bench, "\(generation + 1) alone")
            var again = bench.accept("hello")
            again.key = call.key
            let replies = [try await seen(again, bench), try await again(bench.redis)]
            #expect(replies.map(word) == ["duplicate", "duplicate"])
            let other = bench.accept("more")
            _ = try await other(bench.redis)
            let kept = try await bench.redis.call("HEXISTS", .text(next), .bytes(other.keyDigest))
            #expect(kept.int == 1)
            let none = try await bench.call("EXISTS", now)
            #expect(none.int == 0)
        }
    }

    /// Somebody deleted the hash: what was put in since has no stamp, and counts in the next ten minutes all the same.
    @Test(arguments: ["", " alone"])
    func whatHasNoStampCountsAsTheRoomSays(alone: String) async throws {
        try await onBenchWithinTenMinutes { bench in
            let call = bench.accept("hello")
            _ = try await call(bench.redis)
            let generation = bench.now / 600_000
            let hashes = Keys.seen(.general)
            let (now, before) = (hashes[Int(generation % 2)], hashes[Int((generation + 1) % 2)])
            _ = try await bench.call("RENAME", now, before)
            _ = try await bench.call("HDEL", before, "")
            _ = try await bench.call("PERSIST", before)
            try await setMemory(bench, "\(generation - 1)\(alone)")
            var again = bench.accept("hello")
            again.key = call.key
            let replies = [
                try await seen(again, bench), try await again(bench.redis), try await seen(again, bench),
            ]
            #expect(replies.map(word) == ["duplicate", "duplicate", "duplicate"])
            let ttl = try await bench.call("TTL", before)
            #expect((1...600).contains(ttl.int ?? -1))
        }
    }

    /// The room says which of its hashes count: the one before is looked at only where there is one.
    @Test func theRoomSaysWhatItRemembers() async throws {
        try await onBenchWithinTenMinutes { bench in
            _ = try await bench.accept("one")(bench.redis)
            let generation = bench.now / 600_000
            let first = try await bench.field("seen")
            #expect(first == "\(generation) alone")
            try await age(bench)
            _ = try await bench.accept("two")(bench.redis)
            let second = try await bench.field("seen")
            #expect(second == "\(generation)")
        }
    }

    @Test func aRoomThatCannotRememberAnotherKeyTakesNothing() async throws {
        try await onBenchWithinTenMinutes { bench in
            // It is looked at each hundred seqs.
            _ = try await bench.call("HSET", Keys.room(.general), "seq", "97")
            var first = bench.accept("first")
            first.seenMax = 2
            _ = try await first(bench.redis)
            var replies: [String?] = []
            for text in ["two", "three"] {
                var call = bench.accept(text)
                call.seenMax = 2
                replies.append(word(try await call(bench.redis)))
            }
            #expect(replies == ["ok", "overloaded"])
            // What is known stays known.
            var again = bench.accept("first")
            (again.key, again.seenMax) = (first.key, 2)
            let duplicate = try await again(bench.redis)
            #expect(word(duplicate) == "duplicate")
        }
    }

    @Test func whatIsRememberedGoesByItself() async throws {
        try await onBenchWithinTenMinutes { bench in
            _ = try await bench.accept("hello")(bench.redis)
            var ttls: [Int64] = []
            for hash in Keys.seen(.general) {
                ttls.append(try await bench.call("PTTL", hash).int ?? 0)
            }
            #expect(ttls.max().map { (1_100_000...1_200_000).contains($0) } == true)
        }
    }
}
