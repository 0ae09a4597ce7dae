import Bus
import Engine
import Redis
import Schema
import Support
import Testing

@Suite struct ServiceBeaconTests {
    private final class Ability {
        var isThere = true
    }

    /// What `MGET` of both signals says: alive, answering.
    private func signals(_ redis: RedisClient) async throws -> [String?] {
        let reply = try await redis.call(
            "MGET", .text(Keys.alive("history")), .text(Keys.answering("history")))
        return [reply[0].text, reply[1].text]
    }

    private func awaitSignals(_ expected: [String?], _ redis: RedisClient, _ loop: EventLoop) async throws {
        let deadline = Instant.current().advanced(byMilliseconds: 60_000)
        while try await signals(redis) != expected {
            guard Instant.current() < deadline else { break }
            await loop.sleep(milliseconds: 20)
        }
        let last = try await signals(redis)
        #expect(last == expected)
    }

    @Test("It tells that its instance answers, and whether it can do its work")
    func tells() async throws {
        try await onLoop { loop in
            let server = try RedisServer()
            let redis = RedisClient(loop: loop, address: try RedisAddress(url: server.url), name: "test")
            redis.start()
            let isConnected = await eventually(on: loop) { redis.isConnected }
            #expect(isConnected)
            let ability = Ability()
            let beacon = ServiceBeacon(loop: loop, redis: redis, service: "history", instance: "h.1") {
                ability.isThere
            }
            beacon.start()
            try await awaitSignals(["h.1", "h.1"], redis, loop)
            let life = try await redis.call("PTTL", .text(Keys.alive("history"))).int ?? -1
            #expect((1...Int64(ServiceBeacon.lifetimeMilliseconds)).contains(life))
            ability.isThere = false
            try await awaitSignals([nil, "h.1"], redis, loop)
            ability.isThere = true
            try await awaitSignals(["h.1", "h.1"], redis, loop)
            beacon.stop()
            try await awaitSignals([nil, nil], redis, loop)
            redis.close()
        }
    }

    @Test("One that cannot do its work puts out its own signal once, and another's no more")
    func leavesOthersAlone() async throws {
        try await onLoop { loop in
            let server = try RedisServer()
            let redis = RedisClient(loop: loop, address: try RedisAddress(url: server.url), name: "test")
            redis.start()
            let isConnected = await eventually(on: loop) { redis.isConnected }
            #expect(isConnected)
            let unable = ServiceBeacon(
                loop: loop, redis: redis, service: "history", instance: "h.1", isAble: { false })
            unable.start()
            try await awaitSignals([nil, "h.1"], redis, loop)
            _ = try await redis.call("SET", .text(Keys.alive("history")), "h.2")
            // A second signal of the unable one has come by when the first has gone and is back.
            _ = try await redis.call("DEL", .text(Keys.answering("history")))
            try await awaitSignals(["h.2", "h.1"], redis, loop)
            unable.stop()
            redis.close()
        }
    }
}
