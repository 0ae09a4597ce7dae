import Engine
import Hosting
import Redis
import Schema
import Support
import Testing
import Web

@testable import ChatGateway

/// One loop of a gateway, and what its clients are told.
private actor Seat {
    nonisolated let loop: EventLoop
    private let index: Int
    private let judgement: SharedJudgement
    private var redis: RedisClient?
    private var degradation: Degradation?
    private(set) var told: [String] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ index: Int, _ judgement: SharedJudgement) throws {
        self.index = index
        self.judgement = judgement
        loop = try EventLoop(name: "seat-\(index)")
        try loop.start()
    }

    private func make(_ url: String) throws -> Degradation {
        let redis = RedisClient(loop: loop, address: try RedisAddress(url: url), name: "seat-\(index)")
        let degradation = Degradation(index: index, loop: loop, redis: redis, judgement: judgement) { true }
        degradation.onNotice = { [unowned self] in told.append(text(of: $0)) }
        (self.redis, self.degradation) = (redis, degradation)
        return degradation
    }

    /// Looks, by a connection to this server.
    func start(_ url: String) throws {
        loop.preconditionCurrent()
        try make(url).start()
        redis?.start()
    }

    /// Listens only.
    func join() throws {
        loop.preconditionCurrent()
        let degradation = try make("redis://127.0.0.1:1")
        degradation.heard(judgement.join(index, Addressee(degradation, on: loop)))
    }

    private func text(of frame: MessageFrame) -> String {
        let bytes = frame.plain.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        let part = ServiceComponent.allCases.first { bytes.contains(#""component":"\#($0.rawValue)""#) }
        return (bytes.contains("service_degraded") ? "-" : "+") + (part?.rawValue ?? "nothing")
    }

    struct Standing: Equatable {
        let isReady: Bool
        let told: [String]
        /// How many notices a newcomer is given.
        let notices: Int
    }

    var standing: Standing {
        Standing(
            isReady: degradation?.isReady == true, told: told, notices: degradation?.notices.count ?? 0)
    }

    func end() {
        loop.preconditionCurrent()
        degradation?.stop()
        redis?.close()
        (degradation, redis) = (nil, nil)
        loop.stop()
    }
}

struct SharedJudgementTests {
    private let registry = Registry()

    /// Two seats, watched from a loop of the test's own.
    private func seats(
        _ body: nonisolated(nonsending) @escaping @Sendable (SharedJudgement, [Seat]) async throws -> Void
    ) async throws {
        try await onLoop { [registry] _ in
            let judgement = SharedJudgement(
                loops: 2, metrics: GatewayMetrics(registry), log: .silent)
            let seats = try (0..<2).map { try Seat($0, judgement) }
            var failure: (any Error)?
            do { try await body(judgement, seats) } catch { failure = error }
            for seat in seats {
                await seat.end()
                await Support.join(seat.loop)
            }
            if let failure { throw failure }
        }
    }

    /// Waits until it is so, as two loops see it; between two looks both go on.
    private func eventually(_ condition: () async -> Bool) async throws -> Bool {
        let deadline = Instant.current().advanced(byMilliseconds: 60_000)
        while !(await condition()) {
            guard Instant.current() < deadline else { return false }
            // Between two looks: there is nothing to wait for but what both loops do meanwhile.
            try await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    /// Waits until both stand so.
    private func both(_ seats: [Seat], _ standing: Seat.Standing) async throws -> Bool {
        try await eventually {
            var standings: [Seat.Standing] = []
            for seat in seats { standings.append(await seat.standing) }
            return standings == [standing, standing]
        }
    }

    /// Redis goes on for the first: what holds for one of the loops is told to the clients of both.
    @Test func aLoopWithoutRedisSpeaksForAll() async throws {
        try await seats { _, seats in
            let (one, other) = (try RedisServer(), try RedisServer())
            for server in [one, other] {
                for key in [Keys.alive("history"), Keys.alive("presence"), Keys.answering("history")] {
                    _ = try server.ask("SET", key, "1")
                }
            }
            try await seats[0].start(one.url)
            try await seats[1].start(other.url)
            let areReady = try await both(seats, .init(isReady: true, told: [], notices: 0))
            #expect(areReady)
            other.kill()
            let haveHeard = try await both(seats, .init(isReady: false, told: ["-bus"], notices: 1))
            #expect(haveHeard)
            #expect(registry.exposition().contains(#"parley_gateway_degraded{component="bus"} 1"#))
            try other.start()
            let areBack = try await both(seats, .init(isReady: true, told: ["-bus", "+bus"], notices: 0))
            #expect(areBack)
            #expect(registry.exposition().contains(#"parley_gateway_degraded{component="bus"} 0"#))
        }
    }

    @Test func allHearTheSameInOneOrder() async throws {
        let rounds = 4_000
        try await seats { judgement, seats in
            for seat in seats { try await seat.join() }
            // Two threads, each of which makes another part fail and come back again and again.
            await withTaskGroup { group in
                group.addTask {
                    for round in 0..<rounds {
                        let now = Instant(milliseconds: Int64(round) * 10_000)
                        for loop in 0..<2 {
                            judgement.judge { $0.looked(loop, isBusUp: round % 2 > 0, at: now) }
                            let later = now.advanced(byMilliseconds: 5_000)
                            judgement.judge { $0.looked(loop, isBusUp: round % 2 > 0, at: later) }
                        }
                    }
                }
                group.addTask {
                    for round in 0..<rounds {
                        let now = Instant(milliseconds: Int64(round) * 20_000)
                        let isUp = round % 2 > 0
                        let signals = Judgement.Signals(
                            history: isUp, presence: true, historyAnswers: true)
                        judgement.judge { $0.read(1, signals, at: now) }
                        judgement.judge { $0.read(1, signals, at: now.advanced(byMilliseconds: 10_000)) }
                    }
                }
            }
            let count = 2 * rounds
            let haveHeard = try await eventually {
                let (first, second) = (await seats[0].told.count, await seats[1].told.count)
                return first + second >= 2 * count
            }
            #expect(haveHeard)
            let (first, second) = (await seats[0].told, await seats[1].told)
            #expect(first.count == count)
            #expect(first == second)
        }
    }
}
