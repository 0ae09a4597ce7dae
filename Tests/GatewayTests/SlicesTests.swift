import Engine
import Support
import Testing

@testable import ChatGateway

struct SlicesTests {
    private static let size = Slices<Int>.size

    @Test func aSliceIsDoneAtOnceAndTheRestInOrder() async throws {
        try await onLoop { loop in
            var done: [Int] = []
            let slices = Slices<Int>(loop: loop) { done.append($0) }
            slices.begin(Array(0..<(2 * Self.size + 1)))
            #expect(done.count == Self.size)
            slices.add([-1])
            #expect(done.count == Self.size)
            let isDone = await eventually(on: loop) { done.count == 2 * Self.size + 2 }
            #expect(isDone)
            #expect(done == Array(0..<(2 * Self.size + 1)) + [-1])
            slices.add([-2])
            #expect(done.last == -2)
        }
    }

    @Test func aNewBeginningReplacesWhatIsLeft() async throws {
        try await onLoop { loop in
            var done: [Int] = []
            let slices = Slices<Int>(loop: loop) { done.append($0) }
            slices.begin(Array(repeating: 1, count: 3 * Self.size))
            slices.begin(Array(repeating: 2, count: 2 * Self.size))
            let isDone = await eventually(on: loop) { done.count { $0 == 2 } == 2 * Self.size }
            #expect(isDone)
            #expect(done.count { $0 == 1 } == Self.size)
        }
    }
}
