import Testing

@testable import Redis

@Suite struct RedisReplyTests {
    private let pairs = RedisReply.array([
        .bulk(Array("a".utf8)), .integer(1), .status("b"), .bulk(Array("22".utf8)),
    ])

    @Test func readsNamesAndPlaces() {
        #expect(pairs["a"].int == 1)
        #expect(pairs["b"].int == 22)
        #expect(pairs["c"].isNull)
        #expect(pairs[3].text == "22")
        #expect(pairs[4].isNull && pairs[-1].isNull && RedisReply.null[0].isNull)
    }

    @Test func findsANameByItsBytes() {
        let pairs = RedisReply.array([
            .bulk([0xff]), .integer(1), .bulk(Array("ab".utf8)), .integer(2), .bulk(Array("é".utf8)),
            .integer(3), .status("a"), .integer(4),
            .integer(7), .integer(5), .null, .integer(6), .bulk(Array("b".utf8)),
        ])
        #expect(pairs["ab"] == .integer(2))
        #expect(pairs["é"] == .integer(3))
        #expect(pairs["a"] == .integer(4))
        #expect(pairs["7"] == .integer(5))
        #expect(pairs["b"].isNull && pairs[""].isNull && pairs["\u{FFFD}"].isNull)
    }

    @Test(
        arguments: [
            ("0-0", StreamID(milliseconds: 0)), ("42-7", StreamID(milliseconds: 42, number: 7)),
            ("18446744073709551615-18446744073709551615", StreamID(milliseconds: .max, number: .max)),
            ("18446744073709551616-0", nil), ("0-18446744073709551616", nil), ("99999999999999999999-0", nil),
            ("", nil), ("-", nil), ("1", nil), ("1-", nil), ("-1", nil), ("1-2-3", nil), ("+1-0", nil),
            ("/1-0", nil), (":1-0", nil), ("1 -0", nil), ("é-0", nil),
        ] as [(String, StreamID?)])
    func readsTheIDOfAnEntry(text: String, id: StreamID?) {
        #expect(RedisReply.bulk(Array(text.utf8)).streamID == id)
        #expect(RedisReply.status(text).streamID == nil)
    }

    @Test func givesNoTextWhereThereIsNone() {
        #expect(RedisReply.bulk([0xff]).text == nil)
        #expect(RedisReply.null.text == nil)
        #expect(RedisReply.bulk([0xff]).bytes == [0xff])
        #expect(RedisReply.bulk(Array("12x".utf8)).int == nil)
    }

    @Test func turnsAnErrorLineIntoAFailure() {
        #expect(RedisReply.error("NOGROUP no such").result == .failure(.server("NOGROUP no such")))
        #expect(RedisError.server("NOGROUP no such").code == "NOGROUP")
        #expect(RedisError.timeout.code == nil)
    }

    @Test func leavesArgumentsOutOfErrors() {
        let message = "ERR unknown command 'X', with args beginning with: 'secret' "
        #expect(RedisError.reply(message) == .server("ERR unknown command 'X'"))
    }
}
