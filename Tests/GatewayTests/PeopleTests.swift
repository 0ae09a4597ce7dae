import Engine
import Hosting
import PresenceFunctions
import Redis
import RoomFunctions
import Schema
import Support
import Testing

@testable import ChatGateway

/// Somebody's connection, of which only that it is this one counts.
private final class Device {
    let name: String

    init(_ name: String) { self.name = name }
}

/// A private Redis, and the people of a gateway of one loop.
private final class Crowd {
    let loop: EventLoop
    let redis: RedisClient
    let people: People<Device>
    /// Who was told of what: `phone,laptop 7`.
    private(set) var told: [String] = []
    private let channels: ChannelExchange
    private let server: RedisServer

    init(_ loop: EventLoop, lingerMilliseconds: Int) throws {
        self.loop = loop
        server = try RedisServer()
        let address = try RedisAddress(url: server.url)
        redis = RedisClient(
            loop: loop, address: address, name: "people",
            libraries: [DirectFunctions.library, PresenceFunctions.library])
        let subscriber = Subscriber(loop: loop, address: address, name: "people-rooms")
        channels = ChannelExchange(index: 0, loop: loop, subscriber: subscriber)
        channels.share(with: [channels.door])
        people = People(
            loop: loop, channels: channels,
            presence: Presence(loop: loop, redis: redis, incarnation: "one.aaaaaaaa", log: .silent),
            inbox: DirectInbox(loop: loop, redis: redis, log: .silent),
            lingerMilliseconds: lingerMilliseconds)
        people.onDirectMessage = { [weak self] in self?.note($0, "\($2.seq)") }
        people.onDeadLetter = { [weak self] in self?.note($0, "dead \($1.position.seq)") }
        redis.start()
        channels.start()
    }

    private func note(_ devices: [Device], _ what: String) {
        told.append("\(devices.map(\.name).joined(separator: ",")) \(what)")
    }

    func close() {
        channels.close()
        redis.close()
    }

    /// Tells alice as gateways and history do.
    func tell(_ seq: Int64) async throws {
        _ = try await redis.function(
            DirectFunctions.tell,
            keys: [.text(Keys.userChannel(.alice)), .text(Keys.directNotices(.alice))],
            arguments: ["dm:alice_bob", "8h2k", .int(seq)])
    }

    func tellDead(_ seq: Int64) async throws {
        _ = try await redis.function(
            DirectFunctions.tellNotice,
            keys: [.text(Keys.userChannel(.alice)), .text(Keys.directNotices(.alice))],
            arguments: [.text("dead general 8h2k \(seq) -")])
    }

    func expect(_ what: String) async {
        let isTold = await eventually(on: loop) { told.last == what }
        #expect(isTold, "\(told) without \(what)")
    }

    /// Expects that somebody listens for alice, or that nobody does any more.
    func expectListeners(_ wanted: Int64) async throws {
        var count: Int64?
        for _ in 0..<2_000 where count != wanted {
            count = try await redis.call("PUBSUB", "SHARDNUMSUB", .text(Keys.userChannel(.alice)))[1].int
            // Between two looks: Redis tells nobody of who listens.
            await loop.sleep(milliseconds: 2)
        }
        #expect(count == wanted)
    }
}

/// Who is here, and who of them is told what.
struct PeopleTests {
    private func withCrowd(
        lingerMilliseconds: Int = 60_000,
        _ body: nonisolated(nonsending) @escaping @Sendable (Crowd) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            let crowd = try Crowd(loop, lingerMilliseconds: lingerMilliseconds)
            let isConnected = await eventually(on: loop) { crowd.redis.isConnected }
            try #require(isConnected)
            try await body(crowd)
            crowd.close()
        }
    }

    @Test func everyDeviceIsTold() async throws {
        try await withCrowd { crowd in
            let (phone, laptop, watch) = (Device("phone"), Device("laptop"), Device("watch"))
            for device in [phone, laptop, watch] { crowd.people.arrived(device, .alice) }
            crowd.people.arrived(Device("other"), .bob)
            try await crowd.tell(7)
            await crowd.expect("phone,laptop,watch 7")
            crowd.people.departed(laptop, .alice, wasLost: false)
            try await crowd.tellDead(8)
            await crowd.expect("phone,watch dead 8")
            // The first is kept apart from the others.
            crowd.people.departed(phone, .alice, wasLost: false)
            #expect(crowd.people.sessions(of: .alice).map(\.name) == ["watch"])
            crowd.people.arrived(phone, .alice)
            try await crowd.tell(9)
            await crowd.expect("watch,phone 9")
            #expect(crowd.told == ["phone,laptop,watch 7", "phone,watch dead 8", "watch,phone 9"])
        }
    }

    @Test func whoHasLeftIsNotListenedFor() async throws {
        try await withCrowd { crowd in
            let (phone, laptop) = (Device("phone"), Device("laptop"))
            crowd.people.arrived(phone, .alice)
            crowd.people.arrived(laptop, .alice)
            try await crowd.expectListeners(1)
            crowd.people.departed(phone, .alice, wasLost: false)
            // Twice is once.
            crowd.people.departed(phone, .alice, wasLost: false)
            try await crowd.tell(7)
            await crowd.expect("laptop 7")
            crowd.people.departed(laptop, .alice, wasLost: false)
            try await crowd.expectListeners(0)
            crowd.people.arrived(phone, .alice)
            try await crowd.expectListeners(1)
        }
    }

    @Test func whoWasLostIsListenedForAWhile() async throws {
        try await withCrowd { crowd in
            let phone = Device("phone")
            crowd.people.arrived(phone, .alice)
            try await crowd.expectListeners(1)
            crowd.people.departed(phone, .alice, wasLost: true)
            #expect(crowd.people.sessions(of: .alice).isEmpty)
            // Nobody is there to be told, but nothing has to be asked when they are back.
            try await crowd.tell(7)
            await crowd.expect(" 7")
            crowd.people.arrived(Device("phone again"), .alice)
            try await crowd.tell(8)
            await crowd.expect("phone again 8")
        }
    }

    @Test func butNotForEver() async throws {
        try await withCrowd(lingerMilliseconds: 20) { crowd in
            let (phone, laptop) = (Device("phone"), Device("laptop"))
            crowd.people.arrived(phone, .alice)
            crowd.people.arrived(laptop, .alice)
            try await crowd.expectListeners(1)
            for device in [phone, laptop] { crowd.people.departed(device, .alice, wasLost: true) }
            try await crowd.expectListeners(0)
        }
    }
}
