import Bus
import Engine
import Hosting
import PresenceFunctions
import Redis
import Schema
import Support
import Testing

@testable import ChatGateway

/// What a gateway states of those who are here.
struct PresenceTests {
    private func withPresence(
        _ body:
            nonisolated(nonsending) @escaping @Sendable (EventLoop, RedisClient, Presence) async throws ->
            Void
    ) async throws {
        try await onLoop { loop in
            let server = try RedisServer()
            let redis = RedisClient(
                loop: loop, address: try RedisAddress(url: server.url), name: "gateway",
                libraries: [PresenceFunctions.library])
            redis.start()
            let isConnected = await eventually(on: loop) { redis.isConnected }
            try #require(isConnected)
            try await body(
                loop, redis, Presence(loop: loop, redis: redis, incarnation: "one.aaaaaaaa", log: .silent))
            redis.close()
        }
    }

    private static func status(_ redis: RedisClient) async throws -> PresenceStatus? {
        try await PresenceRecord.read([.alice], from: redis).first?.status
    }

    /// The other gateway's word comes between our statement and our copy.
    @Test func whoGoesToAnotherGatewayStaysOnline() async throws {
        try await withPresence { loop, redis, presence in
            presence.connected(.alice)
            _ = try await redis.call("PING")
            presence.disconnected(.alice, wasLost: false)
            redis.call(["HSET", .text(Keys.devices(.alice)), "two.bbbbbbbb", "1"]) { _ in }
            _ = try await redis.call(PresenceRecord.command(PresenceEntry(.alice, .online)))
            // The copy is written in two rounds of questions; a third one comes behind them.
            for _ in 0..<6 { _ = try await redis.call("PING") }
            let status = try await Self.status(redis)
            #expect(status == .online)
        }
    }

    /// A wave of reconnects costs Redis nothing here.
    @Test func whoWasLostAndIsBackIsNotStatedAgain() async throws {
        try await withPresence { loop, redis, presence in
            presence.connected(.alice)
            let first = await presence.entered(.general, .alice, among: 0)
            #expect(first == 1)
            presence.disconnected(.alice, wasLost: true)
            presence.left(.general, .alice, wasLost: true)
            // A statement would be seen.
            _ = try await redis.call("DEL", .text(Keys.devices(.alice)), .text(Keys.online(.general)))
            presence.connected(.alice)
            let again = await presence.entered(.general, .alice, among: 7)
            #expect(again == 7)
            let stated = try await redis.call(
                "EXISTS", .text(Keys.devices(.alice)), .text(Keys.online(.general)))
            #expect(stated.int == 0)
        }
    }

    /// One who has left meanwhile is not said to be online.
    @Test func theCopiesOfManyAreRenewedInSlices() async throws {
        try await withPresence { loop, redis, presence in
            let size = Slices<UserHandle>.size
            let users = try (0...size).map { try #require(UserHandle("user-\($0)")) }
            users.forEach { presence.connected($0) }
            _ = try await redis.call("PING")
            // The copies are written when the statements have been answered.
            _ = try await redis.call("PING")
            let all = try await Self.online(users, redis)
            #expect(all == users.count)
            _ = try await redis.call(["DEL"] + users.map { .text(Keys.presence($0)) })
            presence.renewCopies()
            let first = try await Self.online(users, redis)
            #expect(first == size)
            var renewed = first
            for _ in 0..<10_000 where renewed != users.count { renewed = try await Self.online(users, redis) }
            #expect(renewed == users.count)
        }
    }

    private static func online(_ users: [UserHandle], _ redis: RedisClient) async throws -> Int {
        try await PresenceRecord.read(users, from: redis).count { $0.status == .online }
    }

    @Test func whoLeavesIsOffline() async throws {
        try await withPresence { loop, redis, presence in
            presence.connected(.alice)
            _ = try await redis.call("PING")
            presence.disconnected(.alice, wasLost: false)
            var status: PresenceStatus?
            for _ in 0..<1_000 where status != .offline { status = try await Self.status(redis) }
            #expect(status == .offline)
        }
    }

    /// Redis is there and refuses: as it does while its memory is full, or its disk.
    private static func refuse(_ command: String, _ redis: RedisClient) async throws {
        _ = try await redis.call("ACL", "SETUSER", "default", "-\(command)")
    }

    private static func allow(_ command: String, _ redis: RedisClient) async throws {
        _ = try await redis.call("ACL", "SETUSER", "default", "+\(command)")
    }

    @Test func aCopyThatCouldNotBeWrittenIsWrittenLater() async throws {
        try await withPresence { loop, redis, presence in
            let set: RedisArgument = .text(Keys.gatewayUsers("one.aaaaaaaa"))
            presence.connected(.alice)
            _ = try await redis.call("PING")
            try await Self.refuse("set", redis)
            presence.disconnected(.alice, wasLost: false)
            for _ in 0..<6 { _ = try await redis.call("PING") }
            presence.stateUnsettled()
            for _ in 0..<6 { _ = try await redis.call("PING") }
            // Presence would find them here.
            let known = try await redis.call("SMEMBERS", set)
            #expect(known == .array([.bulk(Array("alice".utf8))]))
            var status = try await Self.status(redis)
            #expect(status == .online)
            try await Self.allow("set", redis)
            presence.stateUnsettled()
            for _ in 0..<1_000 where status != .offline { status = try await Self.status(redis) }
            #expect(status == .offline)
            var left: Int64? = 1
            for _ in 0..<1_000 where left != 0 { left = try await redis.call("SCARD", set).int }
            #expect(left == 0)
        }
    }

    @Test func aLaterWordIsNotOvertakenByACopyThatCouldNotBeWritten() async throws {
        try await withPresence { loop, redis, presence in
            presence.connected(.alice)
            _ = try await redis.call("PING")
            try await Self.refuse("set", redis)
            presence.disconnected(.alice, wasLost: false)
            for _ in 0..<6 { _ = try await redis.call("PING") }
            presence.connected(.alice)
            for _ in 0..<3 { _ = try await redis.call("PING") }
            try await Self.allow("set", redis)
            _ = try await redis.call("DEL", .text(Keys.presence(.alice)))
            presence.stateUnsettled()
            var text: String?
            for _ in 0..<1_000 where text == nil {
                text = try await redis.call("GET", .text(Keys.presence(.alice))).text
            }
            let status = try await Self.status(redis)
            #expect(status == .online)
        }
    }

    @Test func whatRedisRefusesIsStatedAgain() async throws {
        try await withPresence { loop, redis, presence in
            presence.connected(.alice)
            _ = await presence.entered(.general, .alice, among: 0)
            try await Self.refuse("fcall", redis)
            presence.left(.general, .alice, wasLost: false)
            presence.disconnected(.alice, wasLost: false)
            _ = try await redis.call("PING")
            try await Self.allow("fcall", redis)
            presence.stateUnsettled()
            _ = try await redis.call("PING")
            let stated = try await redis.call(
                "HEXISTS", .text(Keys.devices(.alice)), "one.aaaaaaaa")
            #expect(stated.int == 0)
            let online = try await PresenceRecord.online(in: .general, from: redis)
            #expect(online == [])
        }
    }

    /// What others ask Redis after a reconnect does not wait for everybody who is here.
    @Test func allAreStatedInSlices() async throws {
        try await withPresence { loop, redis, presence in
            let people = (0..<1_000).map { handle("user-\($0)") }
            people.forEach(presence.connected)
            _ = try await redis.call("FLUSHALL")
            presence.stateAll()
            let set: RedisArgument = .text(Keys.gatewayUsers("one.aaaaaaaa"))
            let first = try await redis.call("SCARD", set).int ?? 0
            #expect((1...300).contains(first))
            var stated: Int64 = 0
            for _ in 0..<20_000 where stated < 1_000 { stated = try await redis.call("SCARD", set).int ?? 0 }
            #expect(stated == 1_000)
        }
    }

    /// A Redis that was set back has those again who have left since; stating all takes them back.
    @Test func whoHasLeftSinceIsTakenBack() async throws {
        try await withPresence { loop, redis, presence in
            presence.connected(.alice)
            _ = await presence.entered(.general, .alice, among: 0)
            let places = Keys.gatewayRooms("one.aaaaaaaa")
            for (set, member) in [(Keys.gatewayUsers("one.aaaaaaaa"), "bob"), (places, "general bob")] {
                _ = try await redis.call("SADD", .text(set), .text(member))
            }
            _ = try await redis.call("HSET", .text(Keys.devices(handle("bob"))), "one.aaaaaaaa", "1")
            _ = try await redis.call(
                "HSET", .text(Keys.online(.general)), "bob", "1", "bob one.aaaaaaaa", "1", "", "2")
            presence.stateAll()
            var left: RedisReply = .null
            for _ in 0..<1_000 where left != .array([.bulk(Array("general alice".utf8))]) {
                left = try await redis.call("SMEMBERS", .text(places))
            }
            let online = try await PresenceRecord.online(in: .general, from: redis)
            #expect(online == [.alice])
            let people = try await redis.call("HGET", .text(Keys.online(.general)), "")
            #expect(people.int == 1)
            let devices = try await redis.call("HEXISTS", .text(Keys.devices(handle("bob"))), "one.aaaaaaaa")
            #expect(devices.int == 0)
        }
    }
}
