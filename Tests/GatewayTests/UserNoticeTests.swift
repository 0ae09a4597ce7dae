import Redis
import Schema
import Support
import Testing

@testable import ChatGateway

struct UserNoticeTests {
    private static let place = LogPosition(epoch: "8h2k", seq: 42)

    private static func dead(_ key: String?) -> UserNotice {
        .dead(
            DeadLetter(room: .general, position: place, key: key.flatMap(ClientMessageID.init)),
            entry: StreamID(milliseconds: 7))
    }

    @Test(
        arguments: [
            (
                "direct dm:alice_bob 8h2k 42 7-0",
                .direct(room("dm:alice_bob"), place, entry: StreamID(milliseconds: 7))
            ),
            ("dead general 8h2k 42 k-1 7-0", dead("k-1")),
            ("dead general 8h2k 42 - 7-0", dead(nil)),
            ("dead general 8h2k 42  a key of  several words 7-0", dead(" a key of  several words")),
            ("dead general 8h2k 42 7-0", nil), ("dead general 8h2k many k-1 7-0", nil),
            ("dead general 8h2k 42 k-1", nil),
            ("direct general 8h2k 9223372036854775807 7-0", nil),
            ("direct general 8h2k -9223372036854775808 7-0", nil),
            ("dead GENERAL 8h2k 42 k-1 7-0", nil),
            ("direct general 8h2k 42", nil), ("direct general 8h2k 42 7", nil),
            ("direct general 8h2k 42 -7-0", nil), ("dance general 8h2k 42 7-0", nil), ("", nil), ("7-0", nil),
        ] as [(String, UserNotice?)])
    func whatIsToldIsRead(text: String, notice: UserNotice?) {
        #expect(Array(text.utf8).withUnsafeBytes(UserNotice.init) == notice)
    }

    @Test func theSameStandsInTheStream() throws {
        let dead = [(name: "n", value: Array("dead general 8h2k 42 k 1".utf8))]
        #expect(UserNotice(StreamEntry(id: "7-0", fields: dead)) == Self.dead("k 1"))
        let fields = [(name: "n", value: Array("direct dm:alice_bob 8h2k 42".utf8))]
        let direct = UserNotice.direct(
            room("dm:alice_bob"), Self.place, entry: StreamID(milliseconds: 7, number: 1))
        #expect(UserNotice(StreamEntry(id: "7-1", fields: fields)) == direct)
        #expect(UserNotice(StreamEntry(id: "7-1", fields: [])) == nil)
    }
}
