import Redis
import Schema
import Support
import Testing

@testable import ChatGateway

/// How what `room_accept` and `room_seen` answer is read.
@Suite struct AcceptReplyTests {
    private let id = MessageID(milliseconds: 1_763_000_000_000)

    private func bulk(_ text: String) -> RedisReply { .bulk(Array(text.utf8)) }

    @Test func aPlaceAloneIsThatOfTheMessageItself() throws {
        let reply = try #require(AcceptReply(bulk("abc123:42"), to: id))
        guard case .placed(let placed, let position, isDuplicate: false, stored: 0) = reply else {
            Issue.record("\(reply)")
            return
        }
        #expect(placed == id)
        #expect(position == LogPosition(epoch: "abc123", seq: 42))
    }

    @Test(arguments: [("ok", false), ("duplicate", true)])
    func aPlaceOfBeforeComesWithItsID(word: String, isDuplicate: Bool) throws {
        let before = MessageID(milliseconds: 1_763_000_000_001)
        let answer = RedisReply.array([bulk(word), bulk("abc123:42"), bulk("41"), .bulk(before.bytes)])
        for reply in [AcceptReply(answer), AcceptReply(answer, to: id)] {
            guard case .placed(before, LogPosition(epoch: "abc123", seq: 42), isDuplicate, stored: 41) = reply
            else {
                Issue.record("\(String(describing: reply))")
                continue
            }
        }
    }

    @Test(arguments: [
        "", "abc", "abc:", ":7", "abc:x", "abc:9223372036854775807", "abc:99999999999999999999",
    ])
    func whatIsNoPlaceIsNone(text: String) {
        #expect(AcceptReply(bulk(text), to: id) == nil)
        #expect(AcceptReply(.array([bulk("ok"), bulk(text), bulk("0"), .bulk(id.bytes)])) == nil)
    }
}
