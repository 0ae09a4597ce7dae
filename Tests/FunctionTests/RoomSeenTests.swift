import Redis
import Schema
import Support
import Testing

@testable import RoomFunctions

/// How long a key is remembered: by the ten minutes of Redis' clock.
@Suite struct RoomSeenTests {
    private func seen(_ call: AcceptCall, _ bench: Bench) async throws -> RedisReply {
        try await bench.redis.function(
            RoomFunctions.seen, keys: call.keys,
            arguments: [.text(call.run), .text(call.user), .text(call.key), .text(call.content)])
    }

    @Test func whatWasAcceptedIsKnownWithoutAPlaceGiven() async throws {
        try await onBench { bench in
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
            other.run = "another run"
            let unloaded = try await seen(other, bench)
            #expect(word(unloaded) == "unloaded")
        }
    }

    /// The two hashes are moved back in time by hand: what their stamp says is what counts.
    @Test(arguments: [(1, "duplicate"), (2, "ok")])
    func aKeyIsKnownForTenMinutesAndForgottenAfterTwenty(generations: Int64, expected: String) async throws {
        try await onBench { bench in
            let call = bench.accept("hello")
            _ = try await call(bench.redis)
            let hashes = Keys.seen(.general)
            let generation = bench.now / 600_000
            let current = hashes[Int(generation % 2)]
            let aged = hashes[Int((generation - generations) % 2)]
            if aged != current { _ = try await bench.call("RENAME", current, aged) }
            _ = try await bench.call("HSET", aged, "", "\(generation - generations)")
            var again = bench.accept("hello")
            again.key = call.key
            let reply = try await again(bench.redis)
            #expect(word(reply) == expected)
            let stamp = try await bench.call("HGET", current, "")
            if expected == "ok" { #expect(stamp.int == generation) }
        }
    }

    @Test func whatIsRememberedGoesByItself() async throws {
        try await onBench { bench in
            _ = try await bench.accept("hello")(bench.redis)
            var ttls: [Int64] = []
            for hash in Keys.seen(.general) {
                ttls.append(try await bench.call("PTTL", hash).int ?? 0)
            }
            #expect(ttls.max().map { (1_100_000...1_200_000).contains($0) } == true)
        }
    }
}
