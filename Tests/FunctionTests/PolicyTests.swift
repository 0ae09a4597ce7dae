import PresenceFunctions
import Redis
import Schema
import Support
import Testing

/// Policies of the message limit: changed all or none, each change with a version of its own.
@Suite struct PolicyTests {
    private func set(_ bench: Bench, known: Int64 = 0, _ replaced: [(String, String)], _ removed: [String])
        async throws -> Int64
    {
        let pairs = replaced.flatMap { [RedisArgument.text($0.0), .text($0.1)] }
        let reply = try await bench.redis.function(
            LimitFunctions.setPolicies, keys: [.text(Keys.limitsPolicies)],
            arguments: [.int(known), .int(Int64(replaced.count))] + pairs + removed.map { .text($0) })
        return try #require(reply.int)
    }

    @Test func aChangeReplacesAndRemoves() async throws {
        try await onBench { bench in
            _ = try await set(bench, [("bot", "5:60"), ("guest", "1:60")], [])
            let version = try await set(bench, [("bot", "7:60")], ["guest", "nobody"])
            let kept = try await bench.call("HMGET", Keys.limitsPolicies, "bot", "guest", "")
            #expect(kept.array?.map(\.text) == ["7:60", nil, String(version)])
        }
    }

    /// Of two who remember, the first to give back may know the older ones.
    @Test func ofWhatIsGivenBackTheNewestHolds() async throws {
        try await onBench { bench in
            func restore(_ version: Int64, _ policies: RedisArgument...) async throws -> Int64? {
                try await bench.redis.function(
                    LimitFunctions.restorePolicies, keys: [.text(Keys.limitsPolicies)],
                    arguments: [.int(version)] + policies
                ).int
            }
            #expect(try await restore(5, "bot", "5:60", "guest", "1:60") == 1)
            #expect(try await restore(7, "bot", "7:60") == 1)
            for late in [Int64(5), 7] { #expect(try await restore(late, "guest", "9:60") == 0) }
            let kept = try await bench.call("HMGET", Keys.limitsPolicies, "bot", "guest", "")
            #expect(kept.array?.map(\.text) == ["7:60", nil, "7"])
        }
    }

    @Test func eachChangeHasAVersionAboveAllThatAreKnown() async throws {
        try await onBench { bench in
            let calls = 50
            let replies = try await bench.redis.together(calls) { number, done in
                bench.redis.function(
                    LimitFunctions.setPolicies, keys: [.text(Keys.limitsPolicies)],
                    arguments: ["0", "1", "bot", .text("\(number + 1):60")], done)
            }
            let versions = replies.compactMap(\.int)
            #expect(Set(versions).count == calls)
            #expect(versions == versions.sorted())
            let ahead = bench.now + 1_000_000
            let next = try await set(bench, known: ahead, [], ["bot"])
            #expect(next == ahead + 1)
        }
    }
}
