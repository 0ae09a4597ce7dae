import ArchiveFunctions
import Redis
import Schema
import Testing

@testable import ChatGateway

struct StoredStandingTests {
    private func standing(_ fields: [String?]) throws -> StoredStanding {
        let values = fields.map { text in text.map { RedisReply.bulk(Array($0.utf8)) } ?? .null }
        return try #require(StoredStanding(.array(values)))
    }

    private func verdict(
        _ epoch: String, _ seq: Int64, stored: String? = "105", dead: String = "a:7 b:103"
    ) throws -> StoredStanding.Verdict {
        // Of `a` 20 were accepted, of which Redis lost the last 5 with its tail.
        let standing = try standing(["b", "110", stored, "a:1:15", dead])
        return standing.verdict(of: LogPosition(epoch: epoch, seq: seq))
    }

    @Test func historyNotesAsManyDeadLetters() {
        let source = ArchiveFunctions.library.source
        #expect(source.contains("\nlocal DEAD_NOTED = \(StoredStanding.deadNoted)\n"))
    }

    @Test(
        arguments: [
            ("b", 105, .settled(.stored)), ("b", 106, .pending), ("b", 103, .settled(.dead)),
            ("a", 15, .settled(.stored)), ("a", 7, .settled(.dead)), ("a", 16, .unclear),
            ("b", 111, .unclear), ("c", 1, .unclear),
        ] as [(String, Int64, StoredStanding.Verdict)])
    func aPlaceIsStoredOrDeadOrNeither(epoch: String, seq: Int64, expected: StoredStanding.Verdict) throws {
        let found = try verdict(epoch, seq)
        #expect(found == expected)
    }

    @Test func anEpochThatEndedMayStillBeOnItsWayToTheArchive() throws {
        let found = [try verdict("a", 9, stored: "9"), try verdict("a", 10, stored: "9")]
        #expect(found == [.settled(.stored), .pending])
    }

    @Test func whereNothingHasBeenStoredAllIsPending() throws {
        let found = try verdict("b", 1, stored: nil)
        #expect(found == .pending)
    }

    /// Redis was emptied.
    @Test func aRoomThatIsNotKnownSaysNothing() throws {
        let found = try standing([nil, nil, nil, nil, nil]).verdict(of: LogPosition(epoch: "b", seq: 1))
        #expect(found == .unclear)
        #expect(StoredStanding(.null) == nil)
    }

    /// Only so many dead letters are noted: there may be others below them.
    @Test(arguments: [(999, StoredStanding.Verdict.settled(.stored)), (1_000, .unclear)])
    func belowWhatIsNotedTheArchiveIsAsked(noted: Int, below: StoredStanding.Verdict) throws {
        let dead = (50..<50 + noted).map { "b:\($0)" }.joined(separator: " ")
        let standing = try standing(["b", "2100", "2000", "", dead])
        let found = [49, 1_500].map { standing.verdict(of: LogPosition(epoch: "b", seq: $0)) }
        #expect(found == [below, .settled(.stored)])
    }
}
