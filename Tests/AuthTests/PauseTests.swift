import Engine
import Support
import Testing

@testable import ChatAuth

struct PauseTests {
    @Test func itGrowsFromAttemptToAttempt() async throws {
        try await onLoop { loop in
            let pause = Pause(loop: loop, milliseconds: 1...3)
            var lengths: [Int] = []
            for _ in 0..<4 {
                lengths.append(pause.milliseconds)
                await pause.wait()
            }
            #expect(lengths == [1, 2, 3, 3])
            pause.end()
            #expect(pause.milliseconds == 1)
        }
    }

    /// Whoever hears that Redis is back need not let a minute pass.
    @Test func itEndsWhenItIsOfNoUseAnyMore() async throws {
        try await onLoop { loop in
            let pause = Pause(loop: loop, milliseconds: 60_000...120_000)
            var isOver = false
            loop.spawn {
                await pause.wait()
                isOver = true
            }
            let isWaiting = await eventually(on: loop) { pause.milliseconds == 120_000 }
            #expect(isWaiting)
            pause.end()
            let isOverSoon = await eventually(on: loop) { isOver }
            #expect(isOverSoon)
        }
    }

    @Test func anEndBeforeItCountsForNoLaterOne() async throws {
        try await onLoop { loop in
            let pause = Pause(loop: loop, milliseconds: 1...1)
            pause.end()
            await pause.wait()
            pause.end()
            await pause.wait()
        }
    }

    @Test func nothingWaitsOnceItIsClosed() async throws {
        try await onLoop { loop in
            let pause = Pause(loop: loop, milliseconds: 60_000...120_000)
            var isOver = false
            loop.spawn {
                await pause.wait()
                await pause.wait()
                isOver = true
            }
            let isWaiting = await eventually(on: loop) { pause.milliseconds == 120_000 }
            #expect(isWaiting)
            pause.close()
            let isOverSoon = await eventually(on: loop) { isOver }
            #expect(isOverSoon)
        }
    }
}
