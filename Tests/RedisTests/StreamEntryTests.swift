import Testing

@testable import Redis

@Suite struct StreamEntryTests {
    private let reply = RedisReply.array([
        bulk("1-0"), .array([bulk("a"), bulk("x"), bulk("b"), .bulk([0xff])]),
    ])

    @Test func readsFieldsInOrder() throws {
        let entry = try #require(StreamEntry(reply))
        #expect(entry.id == "1-0")
        #expect(entry.fields.map(\.name) == ["a", "b"])
        #expect(entry.text("a") == "x" && entry["b"] == [0xff] && entry.text("b") == nil && entry["c"] == nil)
    }

    @Test(arguments: [
        RedisReply.null, .array([]), .array([bulk("1-0"), .array([bulk("odd")])]), bulk("1-0"),
    ])
    func refuses(reply: RedisReply) {
        #expect(StreamEntry(reply) == nil)
        #expect(StreamEntry.list(.array([reply])) == nil)
    }

    @Test func readsStreamByStream() throws {
        let lists = try #require(StreamEntry.lists(.array([.array([bulk("s"), .array([reply])])])))
        #expect(lists.map(\.stream) == ["s"])
        #expect(lists.first?.entries.map(\.id) == ["1-0"])
        #expect(StreamEntry.lists(.null)?.isEmpty == true)
        #expect(StreamEntry.lists(.status("OK")) == nil)
    }

    @Test func standsInEachStreamApart() {
        var positions = StreamPositions()
        positions["b"] = "0-0"
        positions["a"] = "$"
        #expect(positions.unresolved == "a")
        positions["a"] = "5-1"
        #expect(positions.unresolved == nil)
        #expect(
            positions.command(block: 1, count: 2)
                == ["XREAD", "COUNT", 2, "BLOCK", 1, "STREAMS", "b", "a", "0-0", "5-1"])
        positions["b"] = nil
        #expect(positions.streams == ["a"])
    }
}

private func bulk(_ text: String) -> RedisReply { .bulk(Array(text.utf8)) }
