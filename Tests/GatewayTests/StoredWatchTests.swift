import Engine
import Hosting
import Redis
import Schema
import Support
import Testing

@testable import Bus
@testable import ChatGateway

/// Somebody who waits for messages to be in the archive.
private final class Waiter: StoredListener {
    private(set) var heard: [String] = []

    func settled(_ wait: StoredWait, _ fate: StoredStanding.Fate) {
        heard.append("\(fate) \(wait.position.epoch):\(wait.position.seq)")
    }
}

/// A private Redis, a watch, and an archive that answers with one page.
private final class StoredBench {
    let loop: EventLoop
    let watch: StoredWatch
    let redis: RedisClient
    /// What this loop and others have in common.
    let bound = WaitingCount(
        limit: 3 * StoredWatch.mostOfOne, gauge: Registry().gauge("parley_waits", help: "Waits."))
    var page: String?
    private let server: RedisServer
    private let channels: ChannelExchange
    private let rpc: RPCClient
    private var archive: RPCServer?

    init(_ loop: EventLoop) throws {
        self.loop = loop
        server = try RedisServer()
        let address = try RedisAddress(url: server.url)
        redis = RedisClient(loop: loop, address: address, name: "watch", libraries: [])
        channels = ChannelExchange(
            loop: loop, subscriber: Subscriber(loop: loop, address: address, name: "watch-rooms"))
        rpc = RPCClient(loop: loop, address: address, name: "watch", redis: redis, replyID: "watch.1")
        watch = StoredWatch(
            loop: loop, redis: redis, channels: channels, archive: ArchivePages(rpc: rpc),
            bound: bound, metrics: GatewayMetrics(Registry()))
        archive = RPCServer(
            loop: loop, address: address, service: "history", instance: "history.1", redis: redis
        ) { [weak self] type, _ throws(ErrorCode) in
            guard let self, type == "page", let page else { throw .historyUnavailable }
            return Array(page.utf8)
        }
    }

    func start() async throws {
        redis.start()
        channels.start()
        rpc.start()
        archive?.start()
        let isReady = await eventually(on: loop) { redis.isConnected && rpc.isReady }
        try #require(isReady)
    }

    func close() {
        archive?.close()
        rpc.close()
        channels.close()
        redis.close()
    }

    func wait(_ waiter: Waiter, _ epoch: String, _ seq: Int64, in room: RoomID = .general) {
        let receipt = MessageReceipt.sent(
            nil, id: MessageID(milliseconds: 1), at: LogPosition(epoch: epoch, seq: seq), isDuplicate: false)
        watch.wait(StoredWait(room: room, receipt: receipt, replyID: nil), isDue: false, on: waiter)
    }

    /// How many rooms have been looked at.
    func looks() async throws -> Int {
        let statistics = try await redis.call(["INFO", "commandstats"]).text ?? ""
        let calls = statistics.split(separator: "cmdstat_hmget:calls=").dropFirst().first
        return calls.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
    }

    /// Waits until a room has been looked at.
    func hasLooked() async throws {
        let deadline = Instant.current().advanced(byMilliseconds: 60_000)
        while try await looks() == 0 {
            try #require(Instant.current() < deadline)
            // Between two questions to Redis, so that what is waited for can happen.
            await loop.sleep(milliseconds: 10)
        }
    }

    static func envelope(_ epoch: String, _ seq: Int64, data: String = "{}") -> String {
        #"{"v":1,"epoch":"\#(epoch)","seq":\#(seq),"mv":1,"type":"new_message","data":\#(data)}"#
    }
}

private func onWatch(
    _ body: nonisolated(nonsending) @escaping @Sendable (StoredBench) async throws -> Void
) async throws {
    try await onLoop { loop in
        let bench = try StoredBench(loop)
        try await bench.start()
        try await body(bench)
        bench.close()
    }
}

struct StoredWatchTests {
    /// What Redis lost with its tail may be in the archive, and be lost: its sender hears one or the other.
    @Test func aPlaceThatRedisDoesNotKnowGetsItsFateFromTheArchive() async throws {
        try await onWatch { bench in
            _ = try await bench.redis.call([
                "HSET", .text(Keys.room(.general)), "epoch", "b", "seq", "110", "stored", "105", "epochs",
                "a:1:15",
            ])
            let tombstone = StoredBench.envelope("a", 17, data: #"{"content":null,"deleted":true}"#)
            let waiter = Waiter()
            for place in [("a", 16), ("a", 17), ("a", 18), ("b", 105), ("b", 106)] as [(String, Int64)] {
                bench.wait(waiter, place.0, place.1)
            }
            let isStored = await eventually(on: bench.loop) { !waiter.heard.isEmpty }
            #expect(isStored)
            // Nothing is decided while the archive does not answer.
            #expect(waiter.heard == ["stored b:105"])
            bench.page =
                #"{"messages":[\#(StoredBench.envelope("a", 16)),\#(tombstone),"#
                + #"\#(StoredBench.envelope("b", 101))],"complete":false}"#
            let areSettled = await eventually(on: bench.loop) { waiter.heard.count == 4 }
            #expect(areSettled)
            #expect(waiter.heard.dropFirst() == ["stored a:16", "dead a:17", "lost a:18"])
        }
    }

    /// What can settle nothing would only be in the way of sends.
    @Test func whileTheArchiveIsAwayOnlyAReconnectMakesItLook() async throws {
        try await onWatch { bench in
            let waiter = Waiter()
            var rounds = 0
            bench.watch.isArchiveReadable = {
                rounds += 1
                return false
            }
            bench.wait(waiter, "a", 1)
            // That the channel is heard from now on is a reason, too.
            try await bench.hasLooked()
            let fields: [RedisArgument] = ["epoch", "a", "seq", "1", "stored", "1", "epochs", ""]
            _ = try await bench.redis.call(["HSET", .text(Keys.room(.general))] + fields)
            rounds = 0
            let isOver = await eventually(on: bench.loop) { rounds >= 2 }
            #expect(isOver)
            #expect(waiter.heard == [])
            bench.watch.reconnected()
            let isStored = await eventually(on: bench.loop) { waiter.heard == ["stored a:1"] }
            #expect(isStored)
        }
    }

    /// A commit has a line for each of its rooms.
    @Test func eachRoomOfACommitIsHeardOf() async throws {
        try await onWatch { bench in
            let waiter = Waiter()
            // Else each look would be one at all that wait.
            bench.watch.isArchiveReadable = { false }
            bench.wait(waiter, "a", 1)
            try await bench.hasLooked()
            let fields: [RedisArgument] = ["epoch", "a", "seq", "1", "stored", "1", "epochs", ""]
            _ = try await bench.redis.call(["HSET", .text(Keys.room(.general))] + fields)
            let channel = Keys.storedChannel(RoomID.general.partition)
            for text in ["junk", "other a 1\n\ngeneral a x", "other a 7\ngeneral a 1"] {
                _ = try await bench.redis.call("SPUBLISH", .text(channel), .text(text))
            }
            let isStored = await eventually(on: bench.loop) { waiter.heard == ["stored a:1"] }
            #expect(isStored)
        }
    }

    @Test func manyRoomsAreLookedAtInSlices() async throws {
        try await onWatch { bench in
            let waiter = Waiter()
            for number in 0...2 * Slices<RoomID>.size {
                bench.wait(waiter, "a", 1, in: room("room-\(number)"))
            }
            bench.watch.reconnected()
            let looks = try await bench.looks()
            #expect(looks == Slices<RoomID>.size)
        }
    }

    @Test func aPageThatEndsBeforeAPlaceSaysNothingOfIt() throws {
        let page = ArchivedPlaces(try #require(ArchivePage.reading(complete: false)))
        let whole = ArchivedPlaces(try #require(ArchivePage.reading(complete: true)))
        let beyond = LogPosition(epoch: "a", seq: 18)
        #expect([page.fate(of: beyond), whole.fate(of: beyond)] == [nil, .lost])
    }

    @Test func waitsAreBoundedByConnectionAndEndWithIt() async throws {
        try await onWatch { bench in
            var one: Waiter? = Waiter()
            let other = Waiter()
            for seq in 1...StoredWatch.mostOfOne { one.map { bench.wait($0, "a", Int64(seq)) } }
            let isFull = one.map { !bench.watch.admits($0) } ?? false
            let isOpen = bench.watch.admits(other)
            #expect(isFull && isOpen)
            #expect(bench.watch.count == StoredWatch.mostOfOne)
            one = nil
            let areGone = await eventually(on: bench.loop) { bench.watch.count == 0 }
            #expect(areGone)
        }
    }

    @Test func waitsAreBoundedOverAllLoops() async throws {
        try await onWatch { bench in
            bench.bound.add(StoredWatch.mostOfOne)
            var waiters = [Waiter(), Waiter()]
            for waiter in waiters {
                for seq in 1...StoredWatch.mostOfOne { bench.wait(waiter, "a", Int64(seq)) }
            }
            let isFull = !bench.watch.admits(Waiter())
            #expect(isFull)
            waiters = []
            let hasRoom = await eventually(on: bench.loop) { bench.watch.admits(Waiter()) }
            #expect(hasRoom)
        }
    }
}

extension ArchivePage {
    fileprivate static func reading(complete: Bool) -> ArchivePage? {
        let messages = StoredBench.envelope("a", 16)
        return ArchivePage(Array(#"{"messages":[\#(messages)],"complete":\#(complete)}"#.utf8))
    }
}
