import Testing

@testable import Bench

struct SenderOrderTests {
    /// What is found of messages that come in this order, all of one sender.
    private func findings(_ numbers: [Int], senders: Int = 1) -> (
        found: [SenderOrder.Finding?], order: SenderOrder
    ) {
        var order = SenderOrder(senders: senders)
        var found: [SenderOrder.Finding?] = []
        for number in numbers { found.append(order.take(number, from: 0)) }
        return (found, order)
    }

    @Test func whatComesInOrderIsFine() {
        let (found, order) = findings([0, 1, 2, 3])
        #expect(found == [nil, nil, nil, nil])
        #expect(order.lost(sent: [4]) == 0)
    }

    @Test func sendersAreIndependent() {
        var order = SenderOrder(senders: 2)
        var found: [SenderOrder.Finding?] = []
        for (number, sender) in [(0, 1), (0, 0), (1, 1), (2, 1), (1, 0)] {
            found.append(order.take(number, from: sender))
        }
        #expect(found.allSatisfy { $0 == nil })
        #expect(order.lost(sent: [2, 3]) == 0)
    }

    @Test func whatComesTwiceIsADuplicate() {
        let (found, order) = findings([0, 1, 1, 0])
        #expect(found == [nil, nil, .duplicate, .duplicate])
        #expect(order.lost(sent: [2]) == 0)
    }

    @Test func whatIsOvertakenIsReorderedAndNotLost() {
        let (found, order) = findings([1, 0, 0])
        #expect(found == [nil, .reordered, .duplicate])
        #expect(order.lost(sent: [2]) == 0)
    }

    @Test func whatNeverComesIsLost() {
        let (found, order) = findings([0, 1, 4, 5], senders: 2)
        #expect(found == [nil, nil, nil, nil])
        #expect(order.lost(sent: [6, 0]) == 2)
        #expect(order.lost(sent: [8, 3]) == 2 + 2 + 3)
    }

    @Test func whatWasRefusedIsNotLost() {
        let (_, order) = findings([0, 2], senders: 2)
        #expect(order.lost(sent: [5, 2], refused: [0: [1, 4], 1: [0]]) == 1 + 1)
    }

    @Test(arguments: [(0, 1), (0, -1), (-1, 0), (900_000_000, 0), (.max, 0)])
    func whatNobodyHasSentIsForeign(_ number: Int, _ sender: Int) {
        var order = SenderOrder(senders: 1)
        let found = order.take(number, from: sender)
        #expect(found == .foreign)
    }
}

struct RoomOrderTests {
    /// Whether each entry follows the one before, after a join at 8.
    private func follow(_ entries: [(seq: Int, epoch: UInt64)]) -> [Bool] {
        var order = RoomOrder()
        order.joined(at: 8, epoch: 1)
        return entries.map { order.take(seq: $0.seq, epoch: $0.epoch) }
    }

    @Test func seqRisesByOneFromTheJoinOn() {
        #expect(follow([(9, 1), (10, 1), (11, 1)]) == [true, true, true])
        #expect(follow([(10, 1)]) == [false])
    }

    @Test(arguments: [9, 7, 11, 0])
    func anyOtherSeqIsABreak(_ seq: Int) {
        #expect(follow([(9, 1), (seq, 1)]) == [true, false])
    }

    @Test func anotherEpochIsABreak() {
        #expect(follow([(9, 2)]) == [false])
        #expect(follow([(9, 1), (10, 2)]) == [true, false])
    }

    @Test func itsPlaceIsWhatSinceNames() {
        var order = RoomOrder()
        #expect(order.place == nil)
        order.joined(at: 8, epoch: 0x3868_326B)
        #expect(order.place == "8h2k:8")
        _ = order.take(seq: 9, epoch: 0x3868_326B)
        #expect(order.place == "8h2k:9")
    }
}

struct CompletionTests {
    @Test func theLastReceiverCompletes() {
        var completion = Completion(receivers: 3, window: 2)
        var complete: [Int] = []
        for number in [0, 1, 0, 0, 2, 1, 1, 2, 2] where completion.delivered(number) {
            complete.append(number)
        }
        #expect(complete == [0, 1, 2])
    }
}

struct FindingsTests {
    @Test func anythingThatIsFoundIsNotClean() {
        #expect(Findings().isClean)
        let paths: [WritableKeyPath<Findings, Int>] = [
            \.lost, \.duplicates, \.reordered, \.seqBreaks, \.refused, \.unanswered, \.unconnected, \.closed,
            \.unreadable,
        ]
        for path in paths {
            var findings = Findings()
            findings[keyPath: path] = 1
            #expect(!findings.isClean)
            #expect(!findings.line.isEmpty)
            var sum = Findings()
            sum.add(findings)
            #expect(sum == findings)
        }
    }

    @Test func onlySoManyReasonsAreKept() {
        var findings = Findings()
        for number in 0..<1_000 { findings.note("reason \(number)") }
        #expect(findings.reasons.count == 20)
    }
}
