import Engine
import Schema
import Support
import Testing

@testable import ChatGateway

/// Whose patience is over first, of those that are on their way.
struct PatienceQueueTests {
    private func message(_ name: String, at arrived: Int64) throws -> OutgoingMessage {
        try OutgoingMessage(#""content":"\#(name)""#, at: Instant(milliseconds: arrived))
    }

    private func heads(_ queue: inout PatienceQueue) -> [String] {
        var names: [String] = []
        // No more than ever stand there, so that one who cannot leave is seen.
        while let head = queue.head, names.count < 10_000 {
            names.append(head.request.message.content)
            queue.leave(head)
        }
        return names
    }

    @Test func whoCameBeforeOneThatIsThereIsNotTakenIn() throws {
        var queue = PatienceQueue()
        var taken: [Bool] = []
        for (name, arrived) in [("a", 20), ("b", 20), ("c", 19), ("d", 30)] as [(String, Int64)] {
            taken.append(queue.enter(try message(name, at: arrived)))
        }
        #expect(taken == [true, true, false, true])
        #expect(heads(&queue) == ["a", "b", "d"])
        #expect(queue.enter(try message("e", at: 1)))
    }

    /// One is stuck while thousands behind it leave, and others stay.
    @Test func placesHoldWhenThoseInFrontAreTakenOut() throws {
        var queue = PatienceQueue()
        let stuck = try message("stuck", at: 0)
        _ = queue.enter(stuck)
        let others = try (1...5_000).map { try message("\($0)", at: $0) }
        for other in others { _ = queue.enter(other) }
        for other in others where ![4_000, 4_500, 5_000].contains(other.arrived.milliseconds) {
            queue.leave(other)
        }
        queue.leave(stuck)
        #expect(queue.head === others[3_999])
        queue.leave(others[4_499])
        queue.leave(stuck)
        _ = queue.enter(try message("last", at: 9_000))
        #expect(heads(&queue) == ["4000", "5000", "last"])
    }

    @Test func whoIsNotThereIsLeftAlone() throws {
        var queue = PatienceQueue()
        let (one, two) = (try message("one", at: 1), try message("two", at: 2))
        queue.leave(one)
        _ = queue.enter(two)
        queue.leave(one)
        #expect(queue.head === two)
        queue.leave(two)
        queue.leave(two)
        #expect(queue.head == nil)
    }

    /// Against a plain list: they come, a few of them too late to be taken in, and leave from anywhere.
    @Test(arguments: 0..<20)
    func asAListHasIt(seed: UInt64) throws {
        var random = SeededRandom(seed)
        var queue = PatienceQueue()
        var expected: [OutgoingMessage] = []
        for now in 0..<4_000 as Range<Int64> {
            if Bool.random(using: &random) || expected.isEmpty {
                let hasWaited = Int.random(in: 0..<10, using: &random) == 0
                let waited = hasWaited ? Int64.random(in: 0..<50, using: &random) : 0
                let message = try message("\(now)", at: now / 3 - waited)
                let isInOrder = expected.last.map { $0.arrived <= message.arrived } ?? true
                #expect(queue.enter(message) == isInOrder)
                if isInOrder { expected.append(message) }
            } else {
                // The first stays for long, as one does that is stuck.
                let isStuck = now % 1_000 < 900
                let places = isStuck ? min(1, expected.count - 1)..<expected.count : 0..<1
                queue.leave(expected.remove(at: Int.random(in: places, using: &random)))
            }
            #expect(queue.head === expected.first)
        }
        #expect(heads(&queue) == expected.map(\.request.message.content))
    }
}
