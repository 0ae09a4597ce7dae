import Schema
import Testing

@testable import ChatGateway

@Suite("How far before a message that one was told of a room is given")
struct LookBackTests {
    private typealias Envelope = (position: LogPosition, time: Int64)

    private func envelope(_ seq: Int64, at time: Int64 = 100, epoch: String = "e") -> Envelope {
        (LogPosition(epoch: epoch, seq: seq), time)
    }

    /// Where one is given from who came at 50 and was told of 9, when this stands below it.
    private func first(above had: Int64 = 0, _ older: [Envelope]) -> Int64 {
        var lookBack = LookBack(from: LogPosition(epoch: "e", seq: 9), above: had, since: 50)
        lookBack.add(older)
        return lookBack.first.seq
    }

    @Test func theRunThatIsAsYoungAsTheConnectionCounts() {
        #expect(first([envelope(7), envelope(8)]) == 7)
        #expect(first([envelope(6), envelope(7, at: 49), envelope(8, at: 50)]) == 8)
    }

    @Test func aBreakEndsTheRun() {
        #expect(first([envelope(6), envelope(8)]) == 8)
        #expect(first([envelope(7), envelope(8, epoch: "d")]) == 9)
        #expect(first([]) == 9)
    }

    @Test func whatWasHadDoesNotCount() {
        #expect(first(above: 7, [envelope(6), envelope(7), envelope(8)]) == 8)
    }

    @Test func nothingIsReadWhereNothingCanCount() {
        for (told, had) in [(1, 0), (9, 8), (9, 9), (0, 0)] as [(Int64, Int64)] {
            let lookBack = LookBack(from: LogPosition(epoch: "e", seq: told), above: had, since: 50)
            #expect(lookBack.wanted == 0, "told of \(told), had \(had)")
        }
    }

    @Test func asManyAreReadAgainAsBeforeUntilOneDoesNotCount() {
        var lookBack = LookBack(from: LogPosition(epoch: "e", seq: 20), above: 0, since: 50)
        #expect(lookBack.wanted == 1)
        lookBack.add([envelope(19)])
        #expect(lookBack.wanted == 2)
        lookBack.add([envelope(17), envelope(18)])
        #expect(lookBack.wanted == 4)
        lookBack.add([envelope(15, at: 49), envelope(16)])
        #expect(lookBack.wanted == 0)
        #expect(lookBack.first.seq == 16)
    }

    @Test func nothingMoreIsReadWhereNothingMoreIsThere() {
        var lookBack = LookBack(from: LogPosition(epoch: "e", seq: 20), above: 0, since: 50)
        lookBack.add([])
        #expect(lookBack.wanted == 0)
    }

    @Test func noMoreThanSoManyCount() {
        var lookBack = LookBack(from: LogPosition(epoch: "e", seq: 1_000), above: 0, since: 50)
        for _ in 0..<20 {
            let end = lookBack.first.seq
            lookBack.add((end - Int64(lookBack.wanted)..<end).map { envelope($0) })
        }
        #expect(lookBack.first.seq == 1_000 - Int64(LookBack.most))
    }
}
