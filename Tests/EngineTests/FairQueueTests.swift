import Testing

@testable import Engine

struct FairQueueTests {
    private static func filled(_ words: [String], limit: Int) -> (
        queue: FairQueue<Character, String>, refused: [String]
    ) {
        var queue = FairQueue<Character, String>(limit: limit)
        var refused: [String] = []
        for word in words {
            if let word = queue.add(word, of: word.first ?? " ") { refused.append(word) }
        }
        return (queue, refused)
    }

    private static func drained(_ queue: FairQueue<Character, String>) -> [String] {
        var queue = queue
        var order: [String] = []
        while let word = queue.next() { order.append(word) }
        return order
    }

    @Test func oneAloneIsServedInOrder() {
        let (queue, refused) = Self.filled(["a1", "a2", "a3", "a4"], limit: 3)
        #expect(refused == ["a4"])
        #expect(queue.count == 3)
        #expect(Self.drained(queue) == ["a1", "a2", "a3"])
    }

    @Test func eachHasATurn() {
        let (queue, refused) = Self.filled(["a1", "a2", "a3", "b1", "c1", "b2"], limit: 6)
        #expect(refused.isEmpty)
        #expect(Self.drained(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"])
    }

    @Test func whoHasMostGivesWay() {
        let (queue, refused) = Self.filled(["a1", "a2", "a3", "a4", "b1", "b2", "b3", "c1"], limit: 4)
        // Until each has as much: then there is no place for more.
        #expect(refused == ["a4", "a3", "b3", "a2"])
        #expect(queue.count == 4)
        #expect(Self.drained(queue) == ["a1", "b1", "c1", "b2"])
    }

    @Test func nothingIsLostOrGivenTwice() {
        var queue = FairQueue<Int, Int>(limit: 10)
        var gone: [Int] = []
        for number in 0..<1_000 {
            if let refused = queue.add(number, of: number * number % 7) { gone.append(refused) }
            if number % 3 == 0, let next = queue.next() { gone.append(next) }
        }
        while let next = queue.next() { gone.append(next) }
        #expect(gone.sorted() == Array(0..<1_000))
        #expect(queue.count == 0)
    }

    @Test func withoutPlacesAllIsRefused() {
        #expect(Self.filled(["a1", "b1"], limit: 0).refused == ["a1", "b1"])
    }
}
