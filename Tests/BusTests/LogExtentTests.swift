import Redis
import Schema
import Testing

@testable import Bus

/// What a room's hash may hold is another process's word.
struct LogExtentTests {
    private static let least = String(Int64.min)
    private static let most = String(Int64.max)
    private static let tooMuch = String(LogPosition.maxClaimedSeq + 1)

    private func mark(seq: String, first: String? = nil, epochs: String = "") -> RoomMark {
        let first = first.map { RedisReply.bulk(Array($0.utf8)) } ?? .null
        return RoomMark(
            .array(
                [RedisReply.bulk(Array("b".utf8)), .bulk(Array(seq.utf8)), first]
                    + ["3", "run", epochs].map { .bulk(Array($0.utf8)) }))
    }

    @Test func aRoomIsRead() throws {
        let extent = try #require(mark(seq: "90", first: "71", epochs: "a:1:42").extent)
        #expect(extent.newest == LogPosition(epoch: "b", seq: 90))
        #expect(extent.epochs.map(\.first) == [1, 71])
        #expect(mark(seq: "90").extent?.first == 1)
        #expect(mark(seq: "90").mv == 3)
        #expect(mark(seq: "90").loaded == "run")
    }

    @Test("A number that no seq can have is none", arguments: [least, "-1", most, tooMuch, "many", ""])
    func numbersAreBounded(number: String) {
        #expect(mark(seq: number, first: "1").extent == nil)
        #expect(mark(seq: "1", first: number).extent == nil)
        #expect(PastEpoch.list("a:1:2 z:\(number):5 z:5:\(number) b:3:4").map(\.epoch) == ["a", "b"])
    }
}
