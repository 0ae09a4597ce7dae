import Bus
import Engine
import PresenceFunctions
import Redis
import Schema
import Support
import Testing

@testable import ChatPresence

/// The message limit, as Redis applies it.
struct LimitTests {
    private let alice = handle("alice")
    private let policy = LimitPolicy(messages: 10, seconds: 60)

    private func take(
        _ redis: RedisClient, count: Int, prefix: String, messages: Int64 = 10, window: Int64 = 60_000,
        isAskedAgain: Bool = false
    ) async throws -> [RedisReply] {
        let replies = try await redis.together(count) { number, done in
            redis.function(
                LimitFunctions.take, keys: [.text(Keys.limit(alice))],
                arguments: LimitCall.arguments(
                    ["\(prefix)\(number)"], most: messages, window: window, isAskedAgain: isAskedAgain), done)
        }
        return replies.map { $0[0] }
    }

    private func time(_ redis: RedisClient) async throws -> Int64 {
        let time = try await redis.call("TIME")
        return (time[0].int ?? 0) * 1000 + (time[1].int ?? 0) / 1000
    }

    @Test func manyAtOnceGetWhatThereIs() async throws {
        try await withRedis { loop, server, redis in
            let other = RedisClient(loop: loop, address: try RedisAddress(url: server.url), name: "other")
            other.start()
            await expectEventually(on: loop) { other.isConnected }
            var replies: [RedisReply] = []
            var finished = 0
            for (client, prefix) in [(redis, "a"), (other, "b")] {
                loop.spawn {
                    do { replies += try await take(client, count: 40, prefix: prefix) } catch {
                        Issue.record(error)
                    }
                    finished += 1
                }
            }
            await expectEventually(on: loop) { finished == 2 }
            #expect(replies.count { $0.int == 1 } == 10)
            let allowance = try await Allowance.look(alice, policy, redis: redis)
            #expect(allowance.sent == 10)
            #expect((1...60).contains(allowance.secondsUntilReset))
            other.close()
        }
    }

    /// Ten stand in a window that ends in a moment: none passes before that, ten pass after.
    @Test func theEdgeOfTheWindowIsExact() async throws {
        try await withRedis { loop, _, redis in
            let key = RedisArgument.text(Keys.limit(alice))
            let edge = try await time(redis) + 150
            for number in 0..<10 {
                _ = try await redis.call("RPUSH", key, LimitCall.unit("old\(number)", at: edge - 60_000))
            }
            var taken = 0
            var batch = 0
            while batch < 10_000 {
                let before = try await time(redis)
                let replies = try await take(redis, count: 20, prefix: "new\(batch)-")
                let after = try await time(redis)
                taken += replies.count { $0.int == 1 }
                if after < edge { #expect(taken == 0) }
                if before >= edge {
                    #expect(taken == 10)
                    break
                }
                batch += 1
            }
            #expect(taken == 10)
        }
    }

    @Test func lookingTakesNothing() async throws {
        try await withRedis { _, _, redis in
            _ = try await take(redis, count: 3, prefix: "m")
            for _ in 0..<20 {
                let allowance = try await Allowance.look(alice, policy, redis: redis)
                #expect(allowance == Allowance(policy: policy, sent: 3, secondsUntilReset: 0))
            }
            _ = try await redis.function(
                LimitFunctions.giveBack, keys: [.text(Keys.limit(alice))],
                arguments: [.bytes(LimitCall.id("m0"))])
            let after = try await Allowance.look(alice, policy, redis: redis)
            #expect(after.sent == 2)
        }
    }

    @Test func theSameMessageIsCountedOnce() async throws {
        try await withRedis { _, _, redis in
            for number in 0..<5 {
                _ = try await take(redis, count: 1, prefix: "m", isAskedAgain: number > 0)
            }
            let allowance = try await Allowance.look(alice, policy, redis: redis)
            #expect(allowance.sent == 1)
        }
    }
}
