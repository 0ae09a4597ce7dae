import Engine
import Hosting
import Redis
import RoomFunctions
import Schema
import Support
import Testing

@testable import ChatGateway

private let direct = room("dm:alice_bob")

/// A private Redis and an inbox that listens as a gateway does.
private func onInbox(
    _ body: nonisolated(nonsending) @escaping @Sendable (InboxBench) async throws -> Void
) async throws {
    try await onLoop { loop in
        let bench = try InboxBench(loop)
        let isReady = await eventually(on: loop) { bench.redis.isConnected && bench.subscriber.isConnected }
        try #require(isReady)
        try await body(bench)
        bench.subscriber.close()
        bench.redis.close()
    }
}

private final class InboxBench {
    let loop: EventLoop
    let redis: RedisClient
    let subscriber: Subscriber
    let inbox: DirectInbox
    private(set) var heard: [Int64] = []
    private(set) var dead: [String] = []
    private(set) var isConfirmed = false
    private let server: RedisServer

    init(_ loop: EventLoop) throws {
        self.loop = loop
        server = try RedisServer()
        let address = try RedisAddress(url: server.url)
        redis = RedisClient(loop: loop, address: address, name: "inbox", libraries: [DirectFunctions.library])
        subscriber = Subscriber(loop: loop, address: address, name: "inbox-rooms")
        inbox = DirectInbox(loop: loop, redis: redis, log: .silent)
        inbox.onNotice = { [weak self] in self?.told($1) }
        redis.start()
        subscriber.start()
    }

    func subscribe() {
        subscriber.subscribe(
            Keys.userChannel(.alice),
            onMessage: { [inbox] bytes in
                if let notice = UserNotice(bytes) { inbox.heard(.alice, notice) }
            },
            onReady: { [weak self] in
                self?.isConfirmed = true
                self?.inbox.confirmed(.alice)
            })
    }

    private func told(_ notice: UserNotice) {
        switch notice {
        case .direct(_, let position, _): heard.append(position.seq)
        case .dead(let letter, _): dead.append(letter.key?.text ?? "-")
        }
    }

    /// Tells as history does.
    func tellDead(_ key: String) async throws {
        _ = try await redis.function(
            DirectFunctions.tellNotice,
            keys: [.text(Keys.userChannel(.alice)), .text(Keys.directNotices(.alice))],
            arguments: [.text("dead general 8h2k 7 \(key)")])
    }

    func tell(_ seqs: ClosedRange<Int64>) async throws {
        for seq in seqs {
            _ = try await redis.function(
                DirectFunctions.tell,
                keys: [.text(Keys.userChannel(.alice)), .text(Keys.directNotices(.alice))],
                arguments: [.text(direct.text), "8h2k", .int(seq)])
        }
    }

    func hears(_ seqs: ClosedRange<Int64>) async -> Bool {
        await eventually(on: loop) { heard.last == seqs.upperBound }
            && heard == Array(seqs)
    }
}

struct DirectInboxTests {
    @Test func whatWasToldBeforeTheChannelIsHeardIsRead() async throws {
        try await onInbox { bench in
            bench.inbox.begin(.alice)
            // More than a page.
            try await bench.tell(1...250)
            bench.subscribe()
            let isAll = await bench.hears(1...250)
            #expect(isAll)
            try await bench.tell(251...252)
            let isOnce = await bench.hears(1...252)
            #expect(isOnce)
        }
    }

    @Test func whatWasToldWhileTheSubscriberWasAwayIsRead() async throws {
        try await onInbox { bench in
            bench.inbox.begin(.alice)
            bench.subscribe()
            try await bench.tell(1...1)
            let isFirst = await bench.hears(1...1)
            #expect(isFirst)
            _ = try await bench.redis.call(["ACL", "SETUSER", "default", "-ssubscribe"])
            _ = try await bench.redis.call(["CLIENT", "KILL", "TYPE", "pubsub"])
            try await bench.tell(2...3)
            #expect(bench.heard == [1])
            _ = try await bench.redis.call(["ACL", "SETUSER", "default", "+ssubscribe"])
            let isAll = await bench.hears(1...3)
            #expect(isAll)
        }
    }

    /// A subscriber is back a little later than the connection on which history tells.
    @Test func aDeadLetterToldWhileTheSubscriberWasAwayIsRead() async throws {
        try await onInbox { bench in
            bench.inbox.begin(.alice)
            bench.subscribe()
            try await bench.tellDead("k 1")
            let isFirst = await eventually(on: bench.loop) { bench.dead == ["k 1"] }
            #expect(isFirst)
            _ = try await bench.redis.call(["ACL", "SETUSER", "default", "-ssubscribe"])
            _ = try await bench.redis.call(["CLIENT", "KILL", "TYPE", "pubsub"])
            try await bench.tellDead("k 2")
            #expect(bench.dead == ["k 1"])
            _ = try await bench.redis.call(["ACL", "SETUSER", "default", "+ssubscribe"])
            try await bench.tell(3...3)
            let isAll = await bench.hears(3...3)
            #expect(isAll)
            #expect(bench.dead == ["k 1", "k 2"])
        }
    }

    /// The stream cannot be read for a while, though the channel is heard.
    @Test func aReadingThatFailsIsMadeAgain() async throws {
        try await onInbox { bench in
            bench.inbox.begin(.alice)
            try await bench.tell(1...2)
            _ = try await bench.redis.call(["ACL", "SETUSER", "default", "-xrange"])
            bench.subscribe()
            let isConfirmed = await eventually(on: bench.loop) { bench.isConfirmed }
            #expect(isConfirmed)
            try await bench.tell(3...3)
            #expect(bench.heard.isEmpty)
            _ = try await bench.redis.call(["ACL", "SETUSER", "default", "+xrange"])
            let isAll = await bench.hears(1...3)
            #expect(isAll)
        }
    }

    @Test func whoComesHearsNothingOfWhatWasBefore() async throws {
        try await onInbox { bench in
            try await bench.tell(1...1)
            // Some more than clocks may differ by.
            await bench.loop.sleep(milliseconds: 1_200)
            bench.inbox.begin(.alice)
            bench.subscribe()
            try await bench.tell(2...2)
            let isNew = await bench.hears(2...2)
            #expect(isNew)
        }
    }

    /// Our clock is ahead of Redis' since the connection was made.
    @Test func aClockThatIsAheadByLittleMissesNothing() async throws {
        try await onInbox { bench in
            var told: Int64
            // Once more where the machine was so busy that it was not by little.
            repeat {
                _ = try await bench.redis.call(["DEL", .text(Keys.directNotices(.alice))])
                told = WallClock.milliseconds()
                try await bench.tell(1...1)
                // By so much: it began after what it was told, by its own clock.
                await bench.loop.sleep(milliseconds: 200)
                bench.inbox.begin(.alice)
            } while WallClock.milliseconds() - told > 900
            bench.subscribe()
            let isHeard = await bench.hears(1...1)
            #expect(isHeard)
        }
    }

    @Test func whatIsOldGoesWhereEachNoticeKeepsTheStream() async throws {
        try await onInbox { bench in
            let key = RedisArgument.text(Keys.directNotices(.alice))
            let now = WallClock.milliseconds() + bench.redis.clockOffset
            for (count, age) in [(300, 700_000), (100, 500_000)] as [(Int64, Int64)] {
                for number in 1...count {
                    _ = try await bench.redis.call(["XADD", key, .text("\(now - age)-\(number)"), "n", "x"])
                }
            }
            try await bench.tell(1...1)
            // Streams are trimmed by whole nodes of a hundred entries.
            let length = try await bench.redis.call(["XLEN", key]).int ?? 0
            #expect((101...200).contains(length))
        }
    }

    @Test func whatIsNoStreamDoesNotHoldUpWhoTells() async throws {
        try await onInbox { bench in
            bench.inbox.begin(.alice)
            bench.subscribe()
            _ = try await bench.redis.call(["SET", .text(Keys.directNotices(.alice)), "no stream"])
            try await bench.tell(1...2)
            let isAll = await bench.hears(1...2)
            #expect(isAll)
        }
    }

    /// What a gateway does not hear for long is not kept for ever.
    @Test func whatIsKeptIsBounded() async throws {
        try await onInbox { bench in
            try await bench.tell(1...1_300)
            let key = RedisArgument.text(Keys.directNotices(.alice))
            let length = try await bench.redis.call(["XLEN", key]).int ?? 0
            let left = try await bench.redis.call(["PTTL", key]).int ?? 0
            #expect((1_000...1_200).contains(length))
            #expect((590_000...600_000).contains(left))
        }
    }
}
