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
