import Bus
import Engine
import Schema
import Support
import Testing

@testable import ChatGateway

/// Whose patience is over first, of those that are on their way.
struct PatienceQueueTests {
    private func message(_ name: String, at arrived: Int64) throws -> OutgoingMessage {
        let sender = Identity(user: .alice, name: "alice", roles: [], sessionID: "s", expires: .max)
        let frame = Array(#"{"type":"send_message","data":{"room":"general","content":"\#(name)"}}"#.utf8)
        let decoded = try frame.withUnsafeBytes { try ClientFrame(decoding: $0) }
        guard case .sendMessage(let request) = decoded.command else { throw SchemaError.invalidJSON }
        return OutgoingMessage(
            room: .general, request: request, replyID: nil, sender: sender,
            arrived: Instant(milliseconds: arrived))
    }

    private func heads(_ queue: inout PatienceQueue) -> [String] {
        var names: [String] = []
        while let head = queue.head {
            names.append(head.request.message.content)
            queue.leave(head)
        }
        return names
    }

    @Test func theyStandInTheOrderInWhichTheyArrived() throws {
        var queue = PatienceQueue()
        for (name, arrived) in [("c", 30), ("d", 30), ("a", 10), ("e", 40), ("b", 20)] as [(String, Int64)] {
            queue.enter(try message(name, at: arrived))
        }
        #expect(heads(&queue) == ["a", "b", "c", "d", "e"])
    }

    @Test func whoIsNotThereIsLeftAlone() throws {
        var queue = PatienceQueue()
        let (one, two) = (try message("one", at: 1), try message("two", at: 2))
        queue.leave(one)
        queue.enter(two)
        queue.leave(one)
        #expect(queue.head === two)
        queue.leave(two)
        queue.leave(two)
        #expect(queue.head == nil)
    }

    /// Against a list that is sorted anew each time: they come, mostly later than all before, and leave from anywhere.
    @Test(arguments: 0..<20)
    func asASortedListHasIt(seed: UInt64) throws {
        var random = SeededRandom(seed)
        var queue = PatienceQueue()
        var expected: [OutgoingMessage] = []
        for now in 0..<4_000 as Range<Int64> {
            if Bool.random(using: &random) || expected.isEmpty {
                let hasWaited = Int.random(in: 0..<10, using: &random) == 0
                let waited = hasWaited ? Int64.random(in: 0..<50, using: &random) : 0
                let message = try message("\(now)", at: now / 3 - waited)
                queue.enter(message)
                let place = expected.firstIndex { $0.arrived > message.arrived } ?? expected.count
                expected.insert(message, at: place)
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
