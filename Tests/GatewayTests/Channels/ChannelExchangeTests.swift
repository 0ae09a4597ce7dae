import Dispatch
import Engine
import Redis
import Support
import Testing

@testable import ChatGateway

/// Several loops share the channels of one real Redis.
struct ChannelExchangeTests {
    fileprivate static let channels = (0..<8).map { "{p\($0)}:room:r\($0)" }

    /// Several loops, and a client of their Redis on a further one.
    private struct Scene {
        let server: RedisServer
        let stations: [ChannelStation]
        let redis: RedisClient
        let loop: EventLoop

        /// Waits until the stations, or the first few, stand as they should; publishes something before each look.
        func until(
            first count: Int? = nil, publishing text: String? = nil,
            _ condition: ([ChannelStation.Standing]) -> Bool
        ) async throws -> Bool {
            let deadline = Instant.current().advanced(byMilliseconds: 60_000)
            while await !condition(standings(first: count)) {
                guard Instant.current() < deadline else { return false }
                if let text {
                    for channel in ChannelExchangeTests.channels { try await publish(channel, text) }
                }
                await loop.sleep(milliseconds: 2)
            }
            return true
        }

        func standings(first count: Int? = nil) async -> [ChannelStation.Standing] {
            var standings: [ChannelStation.Standing] = []
            for station in stations.prefix(count ?? stations.count) {
                standings.append(await station.standing)
            }
            return standings
        }

        func publish(_ channel: String, _ text: String) async throws {
            _ = try await redis.call("SPUBLISH", .text(channel), .text(text))
        }

        func subscriptions(of channel: String) async throws -> Int64? {
            try await redis.call("PUBSUB", "SHARDNUMSUB", .text(channel))[1].int
        }
    }

    private func share(
        loops: Int, behindBytes: Int = ChannelExchange.behindBytes,
        _ body: nonisolated(nonsending) @escaping @Sendable (Scene) async throws -> Void
    ) async throws {
        let stations = try (0..<loops).map { try ChannelStation($0) }
        var failure: (any Error)?
        do { try await onScene(stations, behindBytes: behindBytes, body) } catch { failure = error }
        for station in stations {
            await station.end()
            await join(station.loop)
        }
        if let failure { throw failure }
    }

    private func onScene(
        _ stations: [ChannelStation], behindBytes: Int,
        _ body: nonisolated(nonsending) @escaping @Sendable (Scene) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            let server = try RedisServer()
            let redis = RedisClient(loop: loop, address: try RedisAddress(url: server.url), name: "teller")
            redis.start()
            var doors: [ChannelDoor] = []
            for station in stations {
                doors.append(try await station.make(server.url, behindBytes: behindBytes))
            }
            for station in stations { await station.share(with: doors) }
            for station in stations { await station.start() }
            let scene = Scene(server: server, stations: stations, redis: redis, loop: loop)
            let isConnected = await eventually(on: loop) { redis.isConnected }
            let areConnected = try await scene.until { $0.allSatisfy(\.isRestored) }
            try #require(isConnected && areConnected)
            try await body(scene)
            redis.close()
        }
    }

    @Test(arguments: [1, 2, 3]) func everyLoopHearsEachChannelOnceAndInOrder(loops: Int) async throws {
        try await share(loops: loops) { scene in
            for station in scene.stations {
                for channel in Self.channels { await station.subscribe(channel) }
            }
            let areReady = try await scene.until {
                $0.allSatisfy { $0.ready.count == 8 && $0.ready.values.allSatisfy { $0 == 1 } }
            }
            try #require(areReady)
            for number in 1...20 {
                for channel in Self.channels { try await scene.publish(channel, "\(number)") }
            }
            let all = (1...20).map { "\($0)" }
            let expected = Dictionary(uniqueKeysWithValues: Self.channels.map { ($0, all) })
            let haveHeard = try await scene.until { $0.allSatisfy { $0.heard == expected } }
            #expect(haveHeard)
            for channel in Self.channels { #expect(try await scene.subscriptions(of: channel) == 1) }
        }
    }

    @Test func whoComesLaterIsReadyAtOnceAndWhoHasGoneHearsNothing() async throws {
        try await share(loops: 2) { scene in
            let (first, second) = (scene.stations[0], scene.stations[1])
            for channel in Self.channels { await first.subscribe(channel) }
            let isReady = try await scene.until { $0.map(\.ready.count) == [8, 0] }
            #expect(isReady)
            for channel in Self.channels { await second.subscribe(channel) }
            let areReady = try await scene.until { $0.allSatisfy { $0.ready.count == 8 } }
            #expect(areReady)
            for channel in Self.channels { await first.unsubscribe(channel) }
            for channel in Self.channels { try await scene.publish(channel, "x") }
            let hasHeard = try await scene.until { $0.map(\.heard.count) == [0, 8] }
            #expect(hasHeard)
            for channel in Self.channels { await second.unsubscribe(channel) }
            let deadline = Instant.current().advanced(byMilliseconds: 60_000)
            for channel in Self.channels {
                while try await scene.subscriptions(of: channel) != 0 {
                    try #require(Instant.current() < deadline)
                    await scene.loop.sleep(milliseconds: 2)
                }
            }
        }
    }

    @Test func allHearOfALostConnectionAndAreReadyAgain() async throws {
        try await share(loops: 2) { scene in
            for station in scene.stations {
                for channel in Self.channels { await station.subscribe(channel) }
            }
            let areReady = try await scene.until { $0.allSatisfy { $0.ready.count == 8 } }
            try #require(areReady)
            _ = try await scene.redis.call("CLIENT", "KILL", "TYPE", "pubsub")
            let areBack = try await scene.until {
                $0.allSatisfy { $0.losses == 2 && $0.ready.values.allSatisfy { $0 == 2 } }
            }
            #expect(areBack, "each loop loses what is at home on either")
            let areRestored = try await scene.until { $0.allSatisfy(\.isRestored) }
            #expect(areRestored)
        }
    }

    @Test func aLoopThatIsFarBehindIsToldSoAndReadyAgain() async throws {
        try await share(loops: 2, behindBytes: 10_000) { scene in
            for station in scene.stations {
                for channel in Self.channels { await station.subscribe(channel) }
            }
            let areReady = try await scene.until { $0.allSatisfy { $0.ready.count == 8 } }
            try #require(areReady)
            let busy = DispatchSemaphore(value: 0)
            scene.stations[1].loop.submit { busy.wait() }
            let text = String(repeating: "x", count: 1_000)
            for _ in 1...40 {
                for channel in Self.channels { try await scene.publish(channel, text) }
            }
            let isLeft = try await scene.until(first: 1) { $0[0].leftBehind == [1] }
            busy.signal()
            #expect(isLeft)
            let isBack = try await scene.until { $0[1].losses >= 1 && $0.allSatisfy(\.isRestored) }
            #expect(isBack)
            // What the busy loop had to pass on then came at once, and may have left the other behind in turn.
            let haveHeard = try await scene.until(publishing: "end") {
                $0.allSatisfy { $0.heard.values.allSatisfy { $0.last == "end" } }
            }
            #expect(haveHeard)
            #expect(await scene.standings()[1].heard.values.contains { $0.count < 41 })
        }
    }

    /// Loops come and go, connections are cut, and loops fall behind, while one publishes: from when it is ready until it
    /// is told otherwise, nobody misses anything.
    @Test(arguments: 1...4) func nothingIsMissedOnceReady(seed: UInt64) async throws {
        try await share(loops: 3, behindBytes: 2_000) { scene in
            var dice = Dice(seed: seed)
            let sent = Guarded(0)
            var watches: [NumberWatch?] = [nil, nil, nil]
            var all: [NumberWatch] = []
            for _ in 1...600 {
                let index = dice.roll(3)
                switch dice.roll(40) {
                case 0..<3:
                    let watch = await scene.stations[index].follow("numbers") { sent.withLock { $0 } }
                    watches[index] = watch
                    all.append(watch)
                case 3:
                    await scene.stations[index].unsubscribe("numbers")
                    watches[index] = nil
                case 4..<7: _ = try await scene.redis.call("CLIENT", "KILL", "TYPE", "pubsub")
                case 7..<10: scene.stations[index].loop.submit { _ = busyFor(milliseconds: 5) }
                default:
                    let number = sent.withLock { count in
                        count += 1
                        return count
                    }
                    scene.redis.call(["SPUBLISH", "numbers", .text("\(number)")]) { _ in }
                    // Some follow one another in one turn, others do not.
                    if dice.roll(3) == 0 { await scene.loop.sleep(milliseconds: 1) }
                }
            }
            let following = watches.compactMap(\.self)
            let areReady = await eventually(on: scene.loop) { following.allSatisfy { $0.now.base != nil } }
            #expect(areReady)
            let readies = following.map(\.now.readies)
            _ = try await scene.redis.call("CLIENT", "KILL", "TYPE", "pubsub")
            let areBack = await eventually(on: scene.loop) {
                zip(following, readies).allSatisfy { $0.now.readies > $1 }
            }
            #expect(areBack)
            let last = sent.withLock { $0 } + 1
            try await scene.publish("numbers", "\(last)")
            let areThrough = await eventually(on: scene.loop) {
                following.allSatisfy { $0.now.newest == last }
            }
            #expect(areThrough)
            #expect(all.flatMap(\.now.faults).isEmpty)
        }
    }
}

/// Keeps a loop from all else; answers when it was over.
private func busyFor(milliseconds: Int) -> Instant {
    let end = Instant.current().advanced(byMilliseconds: milliseconds)
    while Instant.current() < end {}
    return .current()
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
private struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func roll(_ sides: UInt64) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int(truncatingIfNeeded: (mixed ^ (mixed >> 31)) % sides)
    }
}
