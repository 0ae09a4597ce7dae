import Bus
import Schema
import Testing

@testable import ChatGateway

struct NewestEnvelopesTests {
    @Test func theyAreGatheredFromTheEnd() {
        var newest = NewestEnvelopes<Int>(5)
        newest.add(envelopes(8...10, bytes: 100))
        #expect(newest.missing == 2)
        newest.add(envelopes(6...7, bytes: 100))
        #expect(newest.missing == 0)
        #expect(newest.areWhole)
        #expect(newest.envelopes.map(\.position.seq) == [6, 7, 8, 9, 10])
    }

    @Test func ofWhatDoesNotFitIntoAPageOnlyThePlaceIsKept() {
        var newest = NewestEnvelopes<Int>(100)
        newest.add(envelopes(97...100, bytes: 65_536))
        #expect(newest.areWhole)
        #expect(newest.envelopes.count == 4)
        newest.add(envelopes(77...96, bytes: 65_536))
        #expect(!newest.areWhole)
        #expect(newest.envelopes.isEmpty)
        newest.add(envelopes(1...76, bytes: 1))
        #expect(newest.missing == 0)
        #expect(newest.envelopes.isEmpty)
        #expect(newest.first == LogPosition(epoch: "a", seq: 1))
    }

    @Test func theArchiveIsAskedForWhatRedisMayLack() {
        let extent = LogExtent(newest: LogPosition(epoch: "a", seq: 10), first: 1)
        var newest = NewestEnvelopes<Int>(3)
        #expect(newest.mayLackSome(upTo: extent))
        newest.add(envelopes(9...10, bytes: 1))
        #expect(newest.mayLackSome(upTo: extent))
        newest.add(envelopes(8...8, bytes: 1))
        #expect(!newest.mayLackSome(upTo: extent))
        // The end of an epoch is known to the archive alone, where Redis was set back.
        #expect(newest.mayLackSome(upTo: LogExtent(newest: LogPosition(epoch: "b", seq: 20), first: 21)))
        #expect(!NewestEnvelopes<Int>(0).mayLackSome(upTo: extent))
    }

    private func envelopes(_ seqs: ClosedRange<Int64>, bytes: Int) -> [LogEnvelope<Int>] {
        seqs.map { seq in
            LogEnvelope(
                position: LogPosition(epoch: "a", seq: seq), mv: 1, size: bytes, payload: Int(seq))
        }
    }
}
