import Bus
import Engine
import Hosting
import Redis
import Schema
import Support
import Testing

@testable import ChatGateway

/// A room with alice in it, as a loop of a gateway follows it.
private final class FollowedRoom {
    let room: LocalRoom
    let directory: RoomDirectory
    private let loop: EventLoop
    private let server: RedisServer
    private let redis: RedisClient
    private let channels: ChannelExchange
    private let services: RoomServices

    init(_ loop: EventLoop) throws {
        self.loop = loop
        server = try RedisServer()
        let address = try RedisAddress(url: server.url)
        redis = RedisClient(loop: loop, address: address, name: "room")
        channels = ChannelExchange(
            loop: loop, subscriber: Subscriber(loop: loop, address: address, name: "room-rooms"))
        let rpc = RPCClient(loop: loop, address: address, name: "room", redis: redis, replyID: "room.1")
        directory = RoomDirectory(redis: redis, rpc: rpc)
        services = RoomServices(
            loop: loop, redis: redis, channels: channels, recent: RecentLog(redis: redis),
            archive: ArchivePages(rpc: rpc), directory: directory, log: .silent,
            metrics: GatewayMetrics(Registry())
        ) { _, _, _, _ in }
        room = LocalRoom(.general, services: services)
    }

    /// The same room, followed anew.
    func another() -> LocalRoom { LocalRoom(.general, services: services) }

    func start() async throws {
        redis.start()
        channels.start()
        let isConnected = await eventually(on: loop) { redis.isConnected }
        try #require(isConnected)
        try await redis.load(.general, members: [("alice", "owner")], run: try #require(redis.runID))
        try await hear(room)
    }

    func hear(_ room: LocalRoom) async throws {
        room.subscribe()
        let isHeard = await eventually(on: loop) { room.confirmation != nil }
        try #require(isHeard)
    }

    func ask() throws -> EarlyStanding {
        try #require(EarlyStanding(of: .alice, in: room, directory))
    }

    func close() {
        channels.close()
        redis.close()
    }
}

struct EarlyStandingTests {
    private func onRoom(
        _ body: nonisolated(nonsending) @escaping @Sendable (FollowedRoom) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            let followed = try FollowedRoom(loop)
            try await followed.start()
            try await body(followed)
            followed.close()
        }
    }

    @Test func itCountsWhileTheRoomIsHeardWithoutABreak() async throws {
        try await onRoom { followed in
            let standing = await (try followed.ask()).standing(in: followed.room)
            #expect(standing?.role == "owner")
            #expect(standing?.mv == 1)
        }
    }

    /// What was said, or decided about its members, in between has not been heard.
    @Test func itDoesNotCountAcrossABreak() async throws {
        try await onRoom { followed in
            let (before, meanwhile) = (try followed.ask(), try followed.ask())
            followed.room.subscriptionLost()
            #expect(EarlyStanding(of: .alice, in: followed.room, followed.directory) == nil)
            let unheard = await meanwhile.standing(in: followed.room)
            #expect(unheard == nil)
            followed.room.unsubscribe()
            try await followed.hear(followed.room)
            let after = await before.standing(in: followed.room)
            #expect(after == nil)
        }
    }

    @Test func itDoesNotCountForARoomThatIsFollowedAnew() async throws {
        try await onRoom { followed in
            let (early, another) = (try followed.ask(), followed.another())
            try await followed.hear(another)
            #expect(another.confirmation == followed.room.confirmation)
            let standing = await early.standing(in: another)
            #expect(standing == nil)
        }
    }
}
