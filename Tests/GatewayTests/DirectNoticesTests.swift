import Engine
import Hosting
import Redis
import RoomFunctions
import Schema
import Support
import Testing

@testable import ChatGateway

private let direct = room("dm:alice_bob")

struct DirectNoticesTests {
    /// Redis dies with both commands on their way, and stays away.
    @Test func whatRedisDidNotConfirmIsToldAgain() async throws {
        try await onLoop { loop in
            let server = try RedisServer()
            let redis = RedisClient(
                loop: loop, address: try RedisAddress(url: server.url), name: "notices",
                libraries: [DirectFunctions.library])
            redis.start()
            let isReady = await eventually(on: loop) { redis.isConnected }
            #expect(isReady)
            let metrics = GatewayMetrics(Registry())
            let notices = DirectNotices(
                loop: loop, redis: redis, bound: WaitingCount(limit: 100, gauge: metrics.directUntold),
                metrics: metrics)
            server.freeze()
            notices.tell(direct, LogPosition(epoch: "8h2k", seq: 1))
            await loop.sleep(milliseconds: 20)
            server.kill()
            let isAway = await eventually(on: loop) { !redis.isConnected }
            #expect(isAway)
            notices.tell(direct, LogPosition(epoch: "8h2k", seq: 2))
            let areCounted = await eventually(on: loop) { metrics.directUntold.value == 2 }
            #expect(areCounted)
            try server.start()
            for user in [UserHandle.alice, .bob] {
                var told: [String] = []
                let deadline = Instant.current().advanced(byMilliseconds: 60_000)
                while told.isEmpty, Instant.current() < deadline {
                    await loop.sleep(milliseconds: 20)
                    told = try await self.told(user, redis)
                }
                #expect(told == ["direct dm:alice_bob 8h2k 1"])
            }
            let areSettled = await eventually(on: loop) { metrics.directUntold.value == 0 }
            #expect(areSettled)
            redis.close()
        }
    }

    private func told(_ user: UserHandle, _ redis: RedisClient) async throws -> [String] {
        guard redis.isConnected else { return [] }
        let reply = try await redis.call(["XRANGE", .text(Keys.directNotices(user)), "-", "+"])
        return (StreamEntry.list(reply) ?? []).compactMap { $0.text("n") }
    }
}
