import Bus
import Engine
import Redis
import Schema
import Support
import Testing

/// Runs `body` on a loop with a client of a private Redis.
func withRedis(
    _ body:
        nonisolated(nonsending) @escaping @Sendable (EventLoop, RedisServer, RedisClient) async throws ->
        Void
) async throws {
    try await onLoop { loop in
        let server = try RedisServer()
        let redis = RedisClient(loop: loop, address: try RedisAddress(url: server.url), name: "test")
        redis.start()
        await expectEventually(on: loop) { redis.isConnected }
        try await body(loop, server, redis)
        redis.close()
    }
}

extension PresenceEntry {
    /// The copy of somebody's state, as anyone may read it.
    static func copy(of user: String, in redis: RedisClient) async throws -> PresenceEntry? {
        try await PresenceRecord.read([handle(user)], from: redis).first
    }
}

/// Expects that something comes to hold.
///
/// `#expect` runs async code off the loop, hence not within it.
func expectEventually(
    on loop: EventLoop, withinMilliseconds bound: Int = 60_000, _ condition: () -> Bool,
    at location: SourceLocation = #_sourceLocation
) async {
    let held = await eventually(on: loop, withinMilliseconds: bound, condition)
    #expect(held, sourceLocation: location)
}
