import Testing

@testable import Redis

@Suite struct PushTests {
    @Test(arguments: [
        (
            bulks("smessage", "c", "hello"),
            Push.message(channel: Array("c".utf8), payload: Array("hello".utf8))
        ),
        (.array([bulk("ssubscribe"), bulk("c"), .integer(1)]), .subscribed(Array("c".utf8))),
        (.array([bulk("sunsubscribe"), bulk("c"), .integer(0)]), .unsubscribed(Array("c".utf8))),
        (bulks("pong", ""), .pong),
        (.status("PONG"), .pong),
        (.error("NOPERM no"), .refused(.server("NOPERM no"))),
    ])
    func reads(reply: RedisReply, push: Push) {
        #expect(Push(reply) == push)
    }

    @Test(arguments: [
        RedisReply.null, .integer(1), .array([]), bulks("smessage", "c"), bulks("else", "c", "d"),
        .status("OK"),
    ])
    func knowsNothingElse(reply: RedisReply) {
        #expect(Push(reply) == nil)
    }
}

private func bulk(_ text: String) -> RedisReply { .bulk(Array(text.utf8)) }
private func bulks(_ texts: String...) -> RedisReply { .array(texts.map(bulk)) }
