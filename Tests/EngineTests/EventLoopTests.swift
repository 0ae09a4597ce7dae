import Dispatch
import Support
import Synchronization
import Testing

@testable import Engine

private actor Counter {
    private let loop: EventLoop
    private(set) var value = 0
    var order: [Int] = []

    init(loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func add() -> Bool {
        value += 1
        return loop.isCurrent
    }

    /// A timer's callback is isolated to the actor without a hop.
    func addLater() async {
        await withCheckedContinuation { continuation in
            loop.schedule(afterMilliseconds: 1) {
                self.value += 1
                continuation.resume()
            }
        }
    }
}

private final class Naps: Sendable {
    let count = Atomic(0)
}

struct EventLoopTests {
    @Test func actorsOfTheLoopRunOnItsThread() async throws {
        let loop = try EventLoop(name: "counter")
        try loop.start()
        let counter = Counter(loop: loop)
        for _ in 0..<100 { #expect(await counter.add()) }
        await counter.addLater()
        #expect(await counter.value == 101)
        loop.stop()
        loop.join()
    }

    @Test func mailIsReadInOrderFromManyThreads() async throws {
        let loop = try EventLoop(name: "mail")
        try loop.start()
        let counter = Counter(loop: loop)
        await withTaskGroup(of: Void.self) { group in
            for sender in 0..<4 {
                group.addTask {
                    for number in 0..<1_000 {
                        loop.submit { counter.assumeIsolated { $0.order.append(sender * 1_000 + number) } }
                    }
                }
            }
        }
        await withCheckedContinuation { continuation in loop.submit { continuation.resume() } }
        let order = await counter.order
        loop.stop()
        loop.join()
        #expect(order.count == 4_000)
        for sender in 0..<4 {
            let own = order.filter { $0 / 1_000 == sender }
            #expect(own == own.sorted())
        }
    }

    @Test func spawnedWorkStaysOnTheLoop() async throws {
        let stayed = try await onLoop { loop in
            var stayed = loop.isCurrent
            await loop.sleep(milliseconds: 1)
            stayed = stayed && loop.isCurrent
            return stayed
        }
        #expect(stayed)
    }

    /// Else it would have come by another thread, which costs more than most of what is awaited.
    @Test func aTaskWokenOnTheLoopGoesOnInTheSameTurn() async throws {
        let turns = try await onLoop { loop in
            await withUnsafeContinuation { ended in
                loop.spawn {
                    var woken: UInt64 = 0
                    await withUnsafeContinuation { continuation in
                        loop.schedule(afterMilliseconds: 1) {
                            woken = loop.turn
                            continuation.resume()
                        }
                    }
                    ended.resume(returning: [woken, loop.turn])
                }
            }
        }
        #expect(turns[0] > 0)
        #expect(turns[0] == turns[1])
    }

    /// Else the task, and all that it holds, would stay for ever.
    @Test func whatSleepsWakesWhenItsLoopEnds() async throws {
        let loop = try EventLoop(name: "sleeper")
        try loop.start()
        let naps = Naps()
        loop.submit {
            loop.spawn {
                for _ in 0..<3 {
                    await loop.sleep(milliseconds: 3_600_000)
                    naps.count.add(1, ordering: .relaxed)
                }
            }
        }
        loop.stop()
        await join(loop)
        #expect(naps.count.load(ordering: .relaxed) == 3)
    }

    /// Who keeps a timer to cancel it, and is called by it, is held by what the timer would call.
    @Test(arguments: [nil, 10])
    func aLoopThatHasEndedHoldsNobodyByATimer(every interval: Int?) async throws {
        let isGone = Guarded(false)
        try await onLoop { loop in
            let waiter = Waiter(isGone)
            waiter.timer =
                if let interval {
                    loop.scheduleRepeating(everyMilliseconds: interval) { waiter.calls += 1 }
                } else {
                    loop.schedule(afterMilliseconds: 3_600_000) { waiter.calls += 1 }
                }
        }
        #expect(isGone.withLock { $0 })
    }

    private final class Waiter {
        var timer: Engine.Timer?
        var calls = 0
        private let isGone: Guarded<Bool>

        init(_ isGone: Guarded<Bool>) { self.isGone = isGone }

        deinit { isGone.withLock { $0 = true } }
    }

    @Test func repeatingTimersFireUntilCancelled() async throws {
        let fired = try await onLoop { loop in
            var fired = 0
            var timer: Engine.Timer?
            timer = loop.scheduleRepeating(everyMilliseconds: 1) {
                fired += 1
                if fired == 5 { timer?.cancel() }
            }
            _ = await eventually(on: loop) { fired == 5 }
            // Ten more intervals, in which a timer that was not cancelled would fire.
            await loop.sleep(milliseconds: 10)
            return fired
        }
        #expect(fired == 5)
    }

    /// Else those of all that succeeded would fill memory until their time.
    @Test func theLoopLetsGoOfATimerThatIsCancelled() async throws {
        let isGone = try await onLoop { loop in
            weak var gone: Engine.Timer?
            do {
                let timer = loop.schedule(afterMilliseconds: 3_600_000) {}
                gone = timer
                timer.cancel()
            }
            return gone == nil
        }
        #expect(isGone)
    }

    @Test func theFirstAnswerCountsIfItComesInTime() async throws {
        let answers = try await onLoop { loop in
            let first = await loop.firstAnswer(withinMilliseconds: 3_600_000) { answer in
                for number in 1...2 { answer(number) }
            }
            var late: ((Int) -> Void)?
            let none = await loop.firstAnswer(withinMilliseconds: 1) { late = $0 }
            late?(3)
            return [first, none]
        }
        #expect(answers == [1, nil])
    }

    @Test func theEndOfATurnComesBeforeTheNextTimer() async throws {
        let order = try await onLoop { loop in
            var order: [String] = []
            loop.atTurnEnd { order.append("turn end") }
            order.append("turn")
            await loop.sleep(milliseconds: 1)
            order.append("timer")
            return order
        }
        #expect(order == ["turn", "turn end", "timer"])
    }

    @Test func offloadedWorkIsBounded() async throws {
        let offload = Offload(name: "one", width: 1, waitingLimit: 0)
        let (gate, open) = AsyncStream<Void>.makeStream()
        let (started, tellStarted) = AsyncStream<Void>.makeStream()
        async let first: Void = offload.run {
            tellStarted.finish()
            blockUntilFinished(gate)
        }
        for await _ in started {}
        await #expect(throws: EngineError.overloaded) { try await offload.run {} }
        open.finish()
        try await first
        try await offload.run {}
    }

    @Test func whoWaitsForMuchGivesWayToOthers() async throws {
        let offload = Offload(name: "one", width: 1, waitingLimit: 2)
        let (gate, open) = AsyncStream<Void>.makeStream()
        let (started, tellStarted) = AsyncStream<Void>.makeStream()
        async let first: Void = offload.run(for: "much") {
            tellStarted.finish()
            blockUntilFinished(gate)
        }
        for await _ in started {}
        let refused = Guarded<[EngineError?]>([])
        for _ in 0..<2 {
            Task {
                do { try await offload.run(for: "much") {} } catch {
                    refused.withLock { $0.append(error as? EngineError) }
                }
            }
        }
        for _ in 0..<1_000_000 where offload.depth < 3 { await Task.yield() }
        async let other = offload.run(for: "little") { "done" }
        // One of the two has no place any more, while nothing that waits is done.
        for _ in 0..<1_000_000 where refused.withLock(\.isEmpty) { await Task.yield() }
        #expect(refused.withLock { $0 } == [.overloaded])
        open.finish()
        try await first
        #expect(try await other == "done")
    }

    @Test func aLoopWaitsAtItsEndForWhoIsElsewhere() async throws {
        let offload = Offload(name: "elsewhere", width: 1, waitingLimit: 0)
        let hasEnded = Atomic(false)
        try await onLoop { loop in
            let (gate, open) = AsyncStream<Void>.makeStream()
            let (started, tellStarted) = AsyncStream<Void>.makeStream()
            loop.spawn {
                try? await offload.run {
                    tellStarted.finish()
                    blockUntilFinished(gate)
                }
                for _ in 0..<100 { try? await offload.run {} }
                hasEnded.store(true, ordering: .relaxed)
            }
            // Wakes when the loop ends, so that the way back is still long then.
            loop.spawn {
                await loop.sleep(milliseconds: 60_000)
                open.finish()
            }
            for await _ in started {}
        }
        let isThere = hasEnded.load(ordering: .relaxed)
        #expect(isThere)
    }

    @Test func whoHasHeardOfAnEndFindsThePlaceFree() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            // More than there are processors, so that each is held up now and then.
            for _ in 0..<8 {
                group.addTask {
                    let offload = Offload(name: "one", width: 1, waitingLimit: 0)
                    for _ in 0..<2_000 { try await offload.run {} }
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Blocks a thread of the offload queue until the stream ends.
private func blockUntilFinished(_ stream: AsyncStream<Void>) {
    let done = DispatchSemaphore(value: 0)
    Task {
        for await _ in stream {}
        done.signal()
    }
    done.wait()
}
