import Engine
import Redis
import Schema
import Support
import Testing

/// A private Redis with all functions at hand; lives on a test's loop.
struct Bench {
    let redis: RedisClient
    let server: RedisServer
    let run: String

    var now: Int64 { WallClock.milliseconds() + redis.clockOffset }

    func accept(_ text: String = "hello", room: RoomID = .general, user: UserHandle = .alice) -> AcceptCall {
        AcceptCall(text, room: room, user: user, run: run, now: now)
    }

    func call(_ words: String...) async throws -> RedisReply {
        try await redis.call(words.map { .text($0) })
    }

    func field(_ name: String, of room: RoomID = .general) async throws -> String? {
        try await call("HGET", Keys.room(room), name).text
    }

    /// The envelopes in a stream.
    func envelopes(_ stream: String) async throws -> [String] {
        try await call("XRANGE", stream, "-", "+").array?.compactMap { $0[1]["e"].text } ?? []
    }
}

/// Runs a dialogue with a fresh Redis, in which alice is a member of `general`.
func onBench(
    members: [(String, String)] = [("alice", "member")],
    _ body: nonisolated(nonsending) @escaping @Sendable (Bench) async throws -> Void
) async throws {
    let people = members.map { [$0.0, $0.1] }
    try await onLoop { loop in
        let server = try RedisServer()
        let address = try RedisAddress(url: server.url)
        let redis = RedisClient(loop: loop, address: address, name: "functions")
        redis.start()
        let isConnected = await eventually(on: loop) { redis.isConnected }
        try #require(isConnected)
        let run = try #require(redis.runID)
        try await redis.load(.general, members: people.map { ($0[0], $0[1]) }, run: run)
        try await body(Bench(redis: redis, server: server, run: run))
        redis.close()
    }
}

/// The same, begun where the ten minutes of Redis' clock go on for longer than a test: their keys change with them.
func onBenchWithinTenMinutes(
    _ body: nonisolated(nonsending) @escaping @Sendable (Bench) async throws -> Void
) async throws {
    try await onBench { bench in
        let leastLeft: Int64 = 20_000
        while 600_000 - bench.now % 600_000 < leastLeft { _ = try await bench.call("BLPOP", "nothing", "1") }
        try await body(bench)
    }
}

/// The first word of a reply.
func word(_ reply: RedisReply) -> String? { reply[0].text }
