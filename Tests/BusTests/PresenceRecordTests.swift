import Engine
import Redis
import Schema
import Support
import Testing

@testable import Bus

/// Who is online in a room of many.
struct PresenceRecordTests {
    private static let people = (0..<2_000).map { "user-\($0)" }.sorted()

    /// A room of these people, at two gateways each, and as many as it counts.
    private func withRoom(
        _ people: [String], counting count: Int,
        _ body: nonisolated(nonsending) @escaping @Sendable (RedisClient) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            let server = try RedisServer()
            let redis = RedisClient(loop: loop, address: try RedisAddress(url: server.url), name: "bus")
            redis.start()
            let isConnected = await eventually(on: loop) { redis.isConnected }
            try #require(isConnected)
            var command: [RedisArgument] = ["HSET", .text(Keys.online(.general)), "", .int(Int64(count))]
            for name in people {
                for field in [name, "\(name) one.aaaaaaaa", "\(name) two.bbbbbbbb"] {
                    command += [.text(field), "1"]
                }
            }
            _ = try await redis.call(command)
            _ = try await redis.call("CONFIG", "RESETSTAT")
            try await body(redis)
            redis.close()
        }
    }

    /// How often Redis was asked for a part of a hash, and whether for the whole of one.
    private static func asked(_ redis: RedisClient) async throws -> (parts: Int, isWhole: Bool) {
        let stats = try await redis.call("INFO", "commandstats").text ?? ""
        let parts = stats.split(separator: "cmdstat_hscan:calls=").dropFirst().first?.prefix { $0.isNumber }
        let isWhole = stats.contains("cmdstat_hkeys") || stats.contains("cmdstat_hgetall")
        return (parts.flatMap { Int($0) } ?? 0, isWhole)
    }

    @Test func allAreReadInParts() async throws {
        try await withRoom(Self.people, counting: 2_000) { redis in
            let online = try await PresenceRecord.online(in: .general, from: redis)
            #expect(online.map(\.text) == Self.people)
            let asked = try await Self.asked(redis)
            #expect(asked.parts >= 10 && !asked.isWhole)
        }
    }

    @Test func ofManyOnlyAsManyAsAreWantedAreLookedFor() async throws {
        try await withRoom(Self.people, counting: 2_000) { redis in
            let online = try await PresenceRecord.online(in: .general, atMost: 200, from: redis)
            #expect(online.people.count == 200 && online.count == 2_000)
            #expect(Set(online.people.map(\.text)).isSubset(of: Self.people))
            let asked = try await Self.asked(redis)
            #expect((1...4).contains(asked.parts) && !asked.isWhole)
        }
    }

    @Test("As many as are wanted are all of them; what the room counts is not asked for")
    func few() async throws {
        try await withRoom(Array(Self.people.prefix(200)), counting: 7) { redis in
            let online = try await PresenceRecord.online(in: .general, atMost: 200, from: redis)
            #expect(online.people.map(\.text) == Array(Self.people.prefix(200)))
            #expect(online.count == 200)
            let nobody = try await PresenceRecord.online(in: room("empty"), atMost: 200, from: redis)
            #expect(nobody.people.isEmpty && nobody.count == 0)
        }
    }

    @Test func moreThanTheRoomCountsAreThere() async throws {
        try await withRoom(Self.people, counting: 7) { redis in
            let online = try await PresenceRecord.online(in: .general, atMost: 200, from: redis)
            #expect(online.count > 200)
        }
    }
}
