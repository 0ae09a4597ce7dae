import Testing

@testable import Redis

@Suite struct CommandQueueTests {
    @Test func answersInTheOrderOfAsking() {
        var queue = CommandQueue<Int>()
        for caller in 1...1000 { queue.append(caller, deadline: 10) }
        #expect((1...1000).allSatisfy { queue.next() == $0 })
        #expect(queue.next() == nil && queue.isEmpty)
    }

    @Test func keepsTheOrderWhereItNeverGetsEmpty() {
        var queue = CommandQueue<Int>()
        queue.append(0, deadline: 10)
        let isOrdered = (1...10_000).allSatisfy { caller in
            queue.append(caller, deadline: 10)
            return queue.next() == caller - 1
        }
        #expect(isOrdered)
        #expect(queue.count == 1 && queue.first == 10_000)
        #expect(queue.removeAll(at: 0).map(\.caller) == [10_000])
    }

    @Test func seesTheOneThatWaitsTooLong() {
        var queue = CommandQueue<String>()
        queue.append("patient", deadline: 100)
        queue.append("hasty", deadline: 50)
        #expect(queue.hasExpired(at: 49) == false)
        #expect(queue.hasExpired(at: 50) == true)
        let lost = queue.removeAll(at: 50)
        #expect(lost.map(\.caller) == ["patient", "hasty"])
        #expect(lost.map(\.expired) == [false, true])
        #expect(queue.isEmpty && queue.hasExpired(at: 1000) == false)
    }

    @Test func forgetsDeadlinesThatWereMet() {
        var queue = CommandQueue<String>()
        queue.append("answered", deadline: 50)
        queue.append("waiting", deadline: 100)
        #expect(queue.next() == "answered")
        #expect(queue.hasExpired(at: 60) == false)
        #expect(queue.hasExpired(at: 100) == true)
    }

    @Test func startsAfreshWhenEmpty() {
        var queue = CommandQueue<String>()
        queue.append("a", deadline: 1)
        #expect(queue.next() == "a")
        #expect(queue.hasExpired(at: 5) == false)
        queue.append("b", deadline: 9)
        #expect(queue.first == "b" && queue.count == 1)
    }
}
