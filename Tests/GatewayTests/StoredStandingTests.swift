import Redis
import Schema
import Testing

@testable import ChatGateway

struct StoredStandingTests {
    private func fate(_ epoch: String, _ seq: Int64, stored: String = "105") throws -> StoredStanding.Fate? {
        // Of `a` 20 were accepted, of which Redis lost the last 5 with its tail.
        let fields = ["b", stored, "a:1:15", "a:7 b:103"].map { RedisReply.bulk(Array($0.utf8)) }
        let standing = try #require(StoredStanding(.array(fields)))
        return standing.fate(of: LogPosition(epoch: epoch, seq: seq))
    }

    @Test(
        arguments: [
            ("b", 105, .stored), ("b", 106, nil), ("b", 103, .dead), ("a", 15, .stored), ("a", 7, .dead),
            ("a", 16, nil), ("c", 1, nil),
        ] as [(String, Int64, StoredStanding.Fate?)])
    func aPlaceIsStoredOrDeadOrNeither(epoch: String, seq: Int64, expected: StoredStanding.Fate?) throws {
        let found = try fate(epoch, seq)
        #expect(found == expected)
    }

    @Test func anEpochThatEndedMayStillBeOnItsWayToTheArchive() throws {
        let fates = [try fate("a", 9, stored: "9"), try fate("a", 10, stored: "9")]
        #expect(fates == [.stored, nil])
    }

    @Test func aRoomWithoutAnythingStoredSaysNothing() {
        #expect(StoredStanding(.array([.bulk(Array("b".utf8)), .null, .null, .null])) == nil)
    }
}
