import Schema
import Testing

@testable import ChatGateway

/// Each room is looked at once in a round, however many rooms there are.
@Suite struct QuietRoundTests {
    private func ticks(_ count: Int, of round: inout QuietRound) -> [[Partition]] {
        var ticks: [[Partition]] = []
        for _ in 0..<count { ticks.append(round.next()) }
        return ticks
    }

    @Test func aRoundHasEachPartitionOnce() {
        var round = QuietRound()
        for _ in 0..<2 {
            let found = ticks(Partition.count, of: &round)
            #expect(found.allSatisfy { $0.count == 1 })
            #expect(found.flatMap(\.self) == Partition.all)
        }
    }

    @Test("All are due at once after a reconnect, wherever the round is", arguments: [0, 1, 60])
    func hurried(after place: Int) {
        var round = QuietRound()
        _ = ticks(place, of: &round)
        round.hurry()
        let found = ticks(8, of: &round)
        #expect(Set(found.flatMap(\.self)).count == Partition.count)
        // Then one at a time again, from where it is.
        #expect(ticks(1, of: &round) == [[Partition.all[place]]])
    }
}
