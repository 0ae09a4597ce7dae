import Engine
import Redis
import Schema
import Support
import Testing

@testable import Bus

/// A directory, and an auth that loads no room before it is let.
private final class HeldAuth {
    let directory: RoomDirectory
    /// The rooms that auth was asked to load, each as often as it was.
    private(set) var asked: [String: Int] = [:]
    var isLet = false
    private let loop: EventLoop
    private let server: RedisServer
    private let redis: RedisClient
    private let rpc: RPCClient
    private var auth: RPCServer?

    init(_ loop: EventLoop) throws {
        self.loop = loop
        server = try RedisServer()
        let address = try RedisAddress(url: server.url)
        redis = RedisClient(loop: loop, address: address, name: "asking")
        rpc = RPCClient(loop: loop, address: address, name: "asking", redis: redis, replyID: "asking.1")
        directory = RoomDirectory(redis: redis, rpc: rpc)
        auth = RPCServer(loop: loop, address: address, service: "auth", instance: "auth.1", redis: redis) {
            [weak self] type, data throws(ErrorCode) in
            guard let self, type == "room_load", let room = data["room"]?.text else { throw .internalError }
            asked[room, default: 0] += 1
            _ = await eventually(on: loop) { self.isLet }
            return Array("{}".utf8)
        }
    }

    func start() async throws {
        redis.start()
        rpc.start()
        auth?.start()
        let isReady = await eventually(on: loop) { redis.isConnected && rpc.isReady }
        try #require(isReady)
    }

    func close() {
        auth?.close()
        rpc.close()
        redis.close()
    }
}

struct RoomDirectoryTests {
    private func onAuth(
        _ body: nonisolated(nonsending) @escaping @Sendable (HeldAuth, EventLoop) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            let auth = try HeldAuth(loop)
            try await auth.start()
            try await body(auth, loop)
            auth.close()
        }
    }

    /// A room that thousands come back to takes one place: else its own people would keep all other rooms waiting.
    @Test func howeverManyWaitForARoomItIsAskedForOnce() async throws {
        try await onAuth { auth, loop in
            var loaded = 0
            for number in 0..<1_000 {
                auth.directory.load(.general, for: handle("u\(number)")) { result in
                    if case .success = result { loaded += 1 }
                }
            }
            auth.directory.load(room("other"), for: .alice) { _ in }
            let isAsked = await eventually(on: loop) { auth.asked.count == 2 }
            #expect(isAsked)
            #expect(loaded == 0)
            // Where this machine stands still meanwhile it is asked again, as an answer may be lost.
            #expect((1...3).contains(auth.asked["general"] ?? 0))
            auth.isLet = true
            let isLoaded = await eventually(on: loop) { loaded == 1_000 }
            #expect(isLoaded)
        }
    }

    /// Whoever names rooms that are not loaded could have auth load any number at a time.
    @Test func soManyAreLoadedAtATimeSoManyWaitAndTheNextIsRefused() async throws {
        try await onAuth { auth, loop in
            var (loaded, failed) = (0, 0)
            let places = RoomDirectory.mostLoads + RoomDirectory.mostWaiting
            for number in 0...places {
                auth.directory.load(room("r\(number)"), for: .alice) { result in
                    switch result {
                    case .success: loaded += 1
                    case .failure(let error): if error == .timeout { failed += 1 }
                    }
                }
            }
            #expect(failed == 1)
            let isAsked = await eventually(on: loop) { auth.asked.count >= RoomDirectory.mostLoads }
            #expect(isAsked)
            #expect(auth.asked.count == RoomDirectory.mostLoads)
            auth.isLet = true
            let areLoaded = await eventually(on: loop) { loaded + failed == places + 1 }
            #expect(areLoaded)
            #expect(loaded == places)
        }
    }

    /// Who asks for much does not keep somebody else waiting until all of it is done.
    @Test func whoAsksForOneRoomHasATurnBesideWhoAsksForMany() async throws {
        try await onAuth { auth, loop in
            var order: [String] = []
            for number in 0..<(2 * RoomDirectory.mostLoads) {
                auth.directory.load(room("r\(number)"), for: .alice) { _ in order.append("alice") }
            }
            auth.directory.load(.general, for: .bob) { _ in order.append("bob") }
            auth.isLet = true
            let areLoaded = await eventually(on: loop) { order.count == 2 * RoomDirectory.mostLoads + 1 }
            #expect(areLoaded)
            #expect(auth.asked.count == order.count)
            // Behind those that have places already, and one of alice's; answers may come in another order.
            let place = order.firstIndex(of: "bob") ?? order.count
            #expect(place < RoomDirectory.mostLoads * 3 / 2, "\(place)")
        }
    }
}
