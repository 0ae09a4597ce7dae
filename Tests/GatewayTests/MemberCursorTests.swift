import Schema
import Testing

@testable import ChatGateway

struct MemberCursorTests {
    private func at(_ seq: Int64, _ epoch: String = "a") -> LogPosition {
        LogPosition(epoch: epoch, seq: seq)
    }

    @Test func oneWhoIsCatchingUpIsGivenNothingLive() {
        var verdicts: [MemberCursor.Verdict] = []
        var expected: [MemberCursor.Verdict] = []
        var cursor = MemberCursor.catchingUp
        verdicts.append(cursor.offered(at(1)))
        expected.append(.skip)
        #expect(verdicts == expected)
    }

    @Test func inOneEpochSeqRisesByOne() {
        var verdicts: [MemberCursor.Verdict] = []
        var expected: [MemberCursor.Verdict] = []
        var cursor = MemberCursor.live(at(4))
        verdicts.append(cursor.offered(at(4)))
        expected.append(.skip)
        verdicts.append(cursor.offered(at(5)))
        expected.append(.send)
        verdicts.append(cursor.offered(at(7)))
        expected.append(.catchUp(after: 5))
        #expect(verdicts == expected)
    }

    @Test func anAnnouncedGapOrEpochIsNoHole() {
        var verdicts: [MemberCursor.Verdict] = []
        var expected: [MemberCursor.Verdict] = []
        var cursor = MemberCursor.live(at(4))
        cursor.skipped(to: at(6))
        verdicts.append(cursor.offered(at(7)))
        expected.append(.send)
        verdicts.append(cursor.offered(at(1_000, "b")))
        expected.append(.send)
        verdicts.append(cursor.offered(at(1_001, "b")))
        expected.append(.send)
        #expect(verdicts == expected)
    }
}
