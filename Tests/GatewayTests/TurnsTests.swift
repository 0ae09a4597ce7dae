import Engine
import Support
import Testing

@testable import ChatGateway

struct TurnsTests {
    private final class Seen {
        var begun: [Int] = []
    }

    @Test func soManyGoOnAndTheOthersFollowInOrder() async throws {
        try await onLoop { loop in
            let (turns, seen) = (Turns(most: 2), Seen())
            for number in 1...5 {
                loop.spawn {
                    await turns.enter()
                    seen.begun.append(number)
                }
            }
            #expect(await eventually(on: loop) { seen.begun == [1, 2] })
            turns.leave()
            #expect(await eventually(on: loop) { seen.begun == [1, 2, 3] })
            turns.leave()
            turns.leave()
            #expect(await eventually(on: loop) { seen.begun == [1, 2, 3, 4, 5] })
            turns.leave()
            turns.leave()
            // All have left: as many as at first may begin, and no more.
            for number in 6...8 {
                loop.spawn {
                    await turns.enter()
                    seen.begun.append(number)
                }
            }
            #expect(await eventually(on: loop) { seen.begun.count == 7 })
            turns.leave()
            #expect(await eventually(on: loop) { seen.begun == Array(1...8) })
        }
    }
}
