import Engine
import Hosting
import Redis
import Schema
import Support
import Testing

@testable import ChatPresence

struct SweeperTests {
    private func sweeper(_ loop: EventLoop, _ redis: RedisClient, grace: Int) -> (Sweeper, PresenceMetrics) {
        let metrics = PresenceMetrics(Registry())
        let sweep = Sweep(redis: redis, metrics: metrics, log: .silent)
        let sweeper = Sweeper(loop: loop, sweep: sweep, intervalMilliseconds: 10, graceMilliseconds: grace)
        redis.onConnect = { [weak sweeper] _ in sweeper?.connected() }
        sweeper.start()
        return (sweeper, metrics)
    }

    @Test func sweepsAgainAndAgain() async throws {
        try await withRedis { loop, _, redis in
            let (sweeper, metrics) = sweeper(loop, redis, grace: 60_000)
            for name in ["gw-1.aaaaaaaa", "gw-2.aaaaaaaa"] {
                try await TestGateway(incarnation: name, redis: redis).announce()
                let before = metrics.sweptIncarnations.value
                await expectEventually(on: loop) { metrics.sweptIncarnations.value == before + 1 }
            }
            sweeper.stop()
        }
    }

    @Test(arguments: [(0, true), (60_000, false)])
    func afterRedisWasAwayGatewaysGetTimeToRenewTheirLeases(grace: Int, isSwept: Bool) async throws {
        try await withRedis { loop, server, redis in
            let (sweeper, metrics) = sweeper(loop, redis, grace: grace)
            sweeper.connected()
            server.kill()
            await expectEventually(on: loop) { !redis.isConnected }
            try server.start()
            await expectEventually(on: loop) { redis.isConnected }
            let gateway = TestGateway(incarnation: "gw-1.aaaaaaaa", redis: redis)
            try await gateway.announce()
            // Where nothing shall happen, twenty intervals: as often as that it would have looked.
            let wasSwept = await eventually(on: loop, withinMilliseconds: isSwept ? 60_000 : 200) {
                metrics.sweptIncarnations.value == 1
            }
            #expect(wasSwept == isSwept)
            sweeper.stop()
        }
    }
}
