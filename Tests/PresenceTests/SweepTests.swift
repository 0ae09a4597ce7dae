import Bus
import Engine
import Hosting
import Redis
import Schema
import Support
import Testing

@testable import ChatPresence

struct SweepTests {
    private let general = room("general")

    private func sweep(_ redis: RedisClient, _ metrics: PresenceMetrics = PresenceMetrics(Registry()))
        -> Sweep
    {
        Sweep(redis: redis, metrics: metrics, log: .silent)
    }

    /// Hears what a room is told until the test's own last word.
    private func hear(
        _ room: RoomID, _ loop: EventLoop, _ server: RedisServer, _ redis: RedisClient,
        during body: () async throws -> Void
    ) async throws -> [[UInt8]] {
        var heard: [[UInt8]] = []
        var isReady = false
        let subscriber = Subscriber(loop: loop, address: try RedisAddress(url: server.url), name: "ear")
        subscriber.subscribe(
            Keys.roomChannel(room), onMessage: { heard.append(Array($0)) }, onReady: { isReady = true })
        subscriber.start()
        await expectEventually(on: loop) { isReady }
        try await body()
        _ = try await redis.call("SPUBLISH", .text(Keys.roomChannel(room)), "end")
        await expectEventually(on: loop) { heard.last == Array("end".utf8) }
        subscriber.close()
        return heard.dropLast()
    }

    @Test func whatADeadGatewayStatedIsTakenBack() async throws {
        try await withRedis { loop, server, redis in
            let dead = TestGateway(incarnation: "gw-1.aaaaaaaa", redis: redis)
            let alive = TestGateway(incarnation: "gw-1.bbbbbbbb", redis: redis)
            try await alive.lease("gw-1")
            try await dead.bring("alice", into: general)
            try await dead.bring("bob", into: general)
            try await alive.bring("bob", into: general)
            let metrics = PresenceMetrics(Registry())

            let heard = try await hear(general, loop, server, redis) {
                try await sweep(redis, metrics).run()
                try await sweep(redis, metrics).run()
            }

            let heads = heard.compactMap { EnvelopeHead(reading: $0) }
            #expect(heads.map(\.type) == [.userLeft])
            #expect(heads.first?.room == general)
            #expect(heads.first?.user == handle("alice"))
            #expect(heads.first?.position == nil)
            let json = try JSONValue(parsing: try #require(heard.first))
            #expect(json["data"] == [:])
            #expect(abs((json["ts"]?.int ?? 0) - WallClock.milliseconds()) < 60_000)

            let alice = try await PresenceEntry.copy(of: "alice", in: redis)
            #expect(alice?.status == .offline)
            #expect(abs((alice?.lastSeen ?? 0) - WallClock.milliseconds()) < 60_000)
            let bob = try await PresenceEntry.copy(of: "bob", in: redis)
            #expect(bob?.status == .online)
            let gateways = try await redis.call("SMEMBERS", .text(Keys.gateways))
            #expect(gateways == .array([.bulk(Array(alive.incarnation.utf8))]))
            let left = try await redis.call(
                "EXISTS", .text(Keys.gatewayUsers(dead.incarnation)),
                .text(Keys.gatewayRooms(dead.incarnation)))
            #expect(left == .integer(0))
            let people = try await redis.call("HGET", .text(Keys.online(general)), "")
            #expect(people.int == 1)
            #expect(metrics.sweptIncarnations.value == 1)
            #expect(metrics.wentOffline.value == 1)
            #expect(metrics.leftRooms.value == 1)
            #expect(metrics.gateways.value == 1)
            #expect(metrics.people.value == 1)
        }
    }

    @Test func aLiveGatewayIsLeftAlone() async throws {
        try await withRedis { loop, server, redis in
            let gateway = TestGateway(incarnation: "gw-1.aaaaaaaa", redis: redis)
            try await gateway.lease("gw-1")
            try await gateway.bring("alice", into: general)
            let heard = try await hear(general, loop, server, redis) { try await sweep(redis).run() }
            #expect(heard.isEmpty)
            let users = try await redis.call("SCARD", .text(Keys.gatewayUsers(gateway.incarnation)))
            #expect(users == .integer(1))
            let connections = try await redis.call("HGET", .text(Keys.online(general)), "alice")
            #expect(connections.int == 1)
        }
    }

    @Test func moreThanAChunkIsTakenBackByTwoAtOnceAndToldOnce() async throws {
        try await withRedis { loop, server, redis in
            let gateway = TestGateway(incarnation: "gw-1.aaaaaaaa", redis: redis)
            for number in 0..<600 { try await gateway.bring("user\(number)", into: general) }
            let metrics = PresenceMetrics(Registry())
            let heard = try await hear(general, loop, server, redis) {
                var finished = 0
                for _ in 0..<2 {
                    loop.spawn {
                        do { try await sweep(redis, metrics).run() } catch { Issue.record(error) }
                        finished += 1
                    }
                }
                await expectEventually(on: loop) { finished == 2 }
            }
            let left = heard.compactMap { EnvelopeHead(reading: $0)?.user }
            #expect(left.count == 600)
            #expect(Set(left).count == 600)
            #expect(metrics.sweptIncarnations.value == 1)
            #expect(metrics.wentOffline.value == 600)
            let online = try await redis.call("EXISTS", .text(Keys.online(general)))
            #expect(online == .integer(0))
        }
    }

    @Test func whatNoGatewayWroteIsClearedAway() async throws {
        try await withRedis { _, _, redis in
            _ = try await redis.call("SADD", .text(Keys.gateways), "nonsense")
            _ = try await redis.call("SADD", .text(Keys.gatewayUsers("nonsense")), "NOBODY", "x y")
            _ = try await redis.call("SADD", .text(Keys.gatewayRooms("nonsense")), "a", "a b c")
            try await sweep(redis).run()
            let keys = try await redis.call("KEYS", "*")
            #expect(keys == .array([]))
        }
    }

    @Test func aKeyOfAnotherTypeKeepsNobodyOnline() async throws {
        try await withRedis { _, _, redis in
            let first = TestGateway(incarnation: "gw-1.aaaaaaaa", redis: redis)
            let second = TestGateway(incarnation: "gw-2.aaaaaaaa", redis: redis)
            let third = TestGateway(incarnation: "gw-3.aaaaaaaa", redis: redis)
            let other = room("other")
            try await first.bring("alice", into: general)
            try await first.bring("bob", into: other)
            try await second.bring("carol", into: other)
            try await third.announce()
            for key in [
                Keys.devices(handle("alice")), Keys.online(general), Keys.gatewayUsers(third.incarnation),
            ] {
                _ = try await redis.call("SET", .text(key), "by hand")
            }
            let metrics = PresenceMetrics(Registry())
            try await sweep(redis, metrics).run()
            for user in ["bob", "carol"] {
                let copy = try await PresenceEntry.copy(of: user, in: redis)
                #expect(copy?.status == .offline)
            }
            let left = try await redis.call("EXISTS", .text(Keys.online(other)), .text(Keys.gateways))
            #expect(left == .integer(0))
            #expect(metrics.sweptIncarnations.value == 3)
        }
    }

    @Test func aSweepThatDiedBeforeItWroteTheCopyIsMadeGood() async throws {
        try await withRedis { _, _, redis in
            let gateway = TestGateway(incarnation: "gw-1.aaaaaaaa", redis: redis)
            try await gateway.bring("alice")
            _ = try await redis.call("HDEL", .text(Keys.devices(handle("alice"))), .text(gateway.incarnation))
            _ = try await redis.call("HSET", .text(Keys.devices(handle("alice"))), "last_seen", "7")
            try await sweep(redis).run()
            let copy = try await PresenceEntry.copy(of: "alice", in: redis)
            #expect(copy == PresenceEntry(handle("alice"), .offline, lastSeen: 7))
        }
    }
}

struct StatusCopiesTests {
    @Test(arguments: [
        ([String](), PresenceStatus.offline, nil),
        (["gw-1.a", "2", "last_seen", "9"], .online, nil),
        (["last_seen", "9"], .offline, 9),
        (["gw-1.a", "0", "last_seen", "9"], .offline, 9),
        (["gw-1.a", "x"], .offline, nil),
        (["gw-1.a"], .offline, nil),
    ])
    func devicesTellTheState(flat: [String], status: PresenceStatus, lastSeen: Int64?) {
        let devices = RedisReply.array(flat.map { .bulk(Array($0.utf8)) })
        #expect(
            PresenceEntry(handle("alice"), devices: devices)
                == PresenceEntry(handle("alice"), status, lastSeen: lastSeen))
    }

    @Test func whoHasConnectedMeanwhileIsOnline() async throws {
        try await withRedis { _, _, redis in
            try await TestGateway(incarnation: "gw-1.aaaaaaaa", redis: redis).bring("alice")
            _ = try await redis.call("DEL", .text(Keys.presence(handle("alice"))))
            try await StatusCopies(redis: redis).bringUpToDate([handle("alice"), handle("bob")])
            let copies = try await PresenceRecord.read([handle("alice"), handle("bob")], from: redis)
            #expect(copies.map(\.status) == [.online, .offline])
        }
    }
}
