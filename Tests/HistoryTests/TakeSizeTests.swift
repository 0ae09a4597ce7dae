import ArchiveFunctions
import Redis
import Testing

@testable import ChatHistory

@Suite struct TakeSizeTests {
    /// Else a batch could have dead letters that their room no longer notes when it is said to be stored so far.
    @Test func aRoomNotesAllDeadLettersOfABatch() {
        let line = "\nlocal DEAD_NOTED = \(TakeSize.mostOfPartition)\n"
        #expect(ArchiveFunctions.library.source.contains(line))
    }

    private func taken(
        _ entries: Int, bytes: Int = 0, of partitions: Int = 1, fullest: Int = 0, isFull: Bool = false
    ) -> TakeSize.Taken {
        TakeSize.Taken(
            partitions: partitions, entries: entries, bytes: bytes, fullest: fullest, isFull: isFull)
    }

    @Test func itGrowsWhileBatchesAreFull() {
        var size = TakeSize()
        var counts: [Int] = []
        for _ in 0..<8 {
            // One partition of several had its part, which is less than the whole.
            size.took(taken(size.count / 2, bytes: size.count * 100, isFull: true))
            counts.append(size.count)
        }
        #expect(counts == [200, 400, 800, 1_600, 3_200, 6_400, 8_000, 8_000])
    }

    @Test func eachPartitionMayBringItsShare() {
        var size = TakeSize()
        #expect([0, 1, 8, 1_000].map { size.share(of: $0) } == [100, 100, 12, 1])
        for _ in 0..<8 { size.took(taken(size.count, isFull: true)) }
        #expect([1, 8, 64].map { size.share(of: $0) } == [1_000, 1_000, 125])
    }

    @Test func largeEntriesMakeItSmall() {
        var size = TakeSize()
        size.took(taken(100, bytes: 100 * 65_536, isFull: true))
        #expect(size.count == 64)
        size.took(taken(1, bytes: 100 << 20, isFull: true))
        #expect(size.count == 1)
        size.took(taken(0))
        #expect(size.count == 1)
    }

    @Test func itShrinksUntilABatchCanBeStored() {
        var size = TakeSize()
        var counts: [Int] = []
        for _ in 0..<8 {
            size.failed()
            counts.append(size.count)
        }
        #expect(counts == [50, 25, 12, 6, 3, 1, 1, 1])
    }

    /// What has gathered since may be of the largest messages.
    @Test func itIsBegunWithAnewAfterOneThatCouldNotBeStored() {
        var size = TakeSize()
        for _ in 0..<8 { size.took(taken(size.count, bytes: size.count * 100, isFull: true)) }
        size.failed()
        #expect(size.count == 100)
    }

    @Test func itShrinksSlowlyWhenItIsQuiet() {
        var size = TakeSize()
        for _ in 0..<4 { size.took(taken(size.count, isFull: true)) }
        size.took(taken(3, fullest: 3))
        #expect(size.count == 1_400)
        for _ in 0..<30 { size.took(taken(3, fullest: 3)) }
        #expect(size.count == 100)
    }

    /// Rooms are not spread evenly: what is enough on the whole would cut off the busiest partition each time.
    @Test func itKeepsRoomForTheBusiestPartition() {
        var size = TakeSize()
        for _ in 0..<6 { size.took(taken(size.count, isFull: true)) }
        for _ in 0..<30 { size.took(taken(640, of: 64, fullest: 30)) }
        #expect(size.count == 2 * 30 * 64)
        #expect(size.share(of: 64) == 60)
    }
}
