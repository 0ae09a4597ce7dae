import Testing

@testable import Schema

/// What is read by position is what the parser reads, and what it reads is what we write.
@Suite struct EnvelopeByPositionTests {
    private static let id = MessageID(milliseconds: 1_763_701_234_567, random: 0x123, 0x4567_89AB)
    private static let metadata: [String: JSONValue] = [
        "": "", "é": "\"", "list": [1, -2, 0, 2.5, -0.25, nil, true, false, [], [:]],
        "deep": [["a": [["b"]]]],
    ]

    private static func text(
        _ content: String, key: String? = "c-1", replyTo: MessageID? = nil,
        metadata: [String: JSONValue] = [:], room: String = "dm:al_bo"
    ) throws -> String {
        let message = NewMessage(
            content: content, clientMessageID: key.flatMap(ClientMessageID.init), replyTo: replyTo,
            metadata: metadata)
        let tail = EnvelopeTail.bytes(
            message, room: try #require(RoomID(room)), id: id, user: try #require(UserHandle("alice.b-1")))
        let whole = EnvelopeTail.complete(tail, at: LogPosition(epoch: "8h2k", seq: 42), mv: 7)
        return String(decoding: whole, as: UTF8.self)
    }

    private static func columns(_ bytes: [UInt8]) -> EnvelopeColumns? {
        bytes.withRawBytes { EnvelopeColumns(byPosition: $0) }
    }

    private static func parsed(_ bytes: [UInt8]) -> Result<EnvelopeColumns, SchemaError> {
        bytes.withRawBytes { bytes in
            Result { () throws(SchemaError) in try EnvelopeColumns(parsing: bytes) }
        }
    }

    /// Whether it is read by position; and then it must be as the parser reads it.
    private static func isRead(_ bytes: [UInt8]) -> Bool {
        guard let columns = columns(bytes) else { return false }
        #expect(parsed(bytes) == .success(columns), "\(String(decoding: bytes, as: UTF8.self))")
        #expect(String(validating: bytes, as: UTF8.self) != nil)
        return true
    }

    static func usual() throws -> [String] {
        try [
            text(""), text("hello"), text("hello", key: nil, replyTo: id), text("é😀 \"quoted\" \\ \n\r\t / "),
            text(String(repeating: "e\u{301}", count: 200)), text("hello", metadata: metadata),
            text("a\u{301}", key: String(repeating: "k", count: 64), room: "general"),
            text("x").replacing(#""x""#, with: #""\b\f\/""#),
        ]
    }

    @Test("What we write is read by position", arguments: try usual())
    func reads(text: String) throws {
        #expect(Self.isRead(Array(text.utf8)))
        let columns = try EnvelopeColumns(reading: Array(text.utf8))
        let envelope = try Envelope(decoding: Array(text.utf8))
        #expect(columns.position == envelope.position)
        #expect(columns.mv == 7)
        #expect(columns.type == .newMessage)
        #expect(columns.room == envelope.room)
        #expect(columns.id == Self.id)
        #expect(columns.ts == Self.id.milliseconds)
        #expect(columns.user == envelope.user)
        #expect(columns.clientMessageID == envelope.data["client_msg_id"]?.text)
        #expect(columns.replyTo == envelope.data["reply_to"]?.text.flatMap(MessageID.init))
    }

    /// Whether these are envelopes is for the parser to say.
    @Test(
        "What is written otherwise is read as the parser reads it",
        arguments: [
            ("\"seq\":42", "\"seq\":042"), ("\"seq\":42", "\"seq\":-1"), ("\"seq\":42", "\"seq\":4.2e1"),
            ("\"seq\":42", "\"seq\":9007199254740992"), ("\"seq\":42", "\"seq\":9223372036854775808"),
            ("\"seq\":42", "\"seq\":\"42\""), ("\"seq\":42", "\"seq\":null"), ("\"seq\":42", "\"seq\": 42"),
            ("\"seq\":42,\"mv\":7", "\"mv\":7,\"seq\":42"), ("\"seq\":42,", ""),
            ("\"seq\":42", "\"seq\":41,\"seq\":42"), ("\"v\":1", "\"v\":2"), ("\"mv\":7", "\"mv\":00"),
            ("8h2k", ""), ("8h2k", #"\u0038"#), ("8h2k", "é"), ("8h2k", String(repeating: "8", count: 500)),
            ("new_message", "message_edited"), ("new_message", "nothing"),
            ("new_message", #"new\u005fmessage"#),
            ("dm:al_bo", "dm:bo_al"), ("dm:al_bo", "No Room"), ("\"dm:al_bo\"", "null"), ("alice", "Alice"),
            (id.text, "x"), (id.text, id.text.uppercased()), (id.text, String(id.text.reversed())),
            ("\"hello\"", #""\u0041""#), ("\"hello\"", #""\u0000""#), ("\"hello\"", #""\ud800""#),
            ("\"hello\"", #""\x""#), ("\"hello\"", "\"\u{1}\""), ("\"hello\"", "\"\u{7F}\""),
            ("\"hello\"", "1"),
            ("\"hello\"", "null"), ("hello", "e" + String(repeating: "\u{301}", count: 129)),
            ("\"c-1\"", "1"), ("\"c-1\"", "\"\""), ("\"c-1\"", "\"é\""), ("\"c-1\"", #""\"""#),
            ("\"c-1\"", "\"\(String(repeating: "c", count: 300))\""),
            ("\"c-1\"", "\"e\(String(repeating: "\u{301}", count: 150))\""),
            ("\"reply_to\":null", "\"reply_to\":\"none\""), ("\"reply_to\":null", "\"reply_to\":1"),
            ("\"reply_to\":null", "\"reply_to\":\"\(id.text.uppercased())\""),
            (",\"reply_to\":null", ""), ("\"metadata\":{}", "\"other\":{}"),
            ("{}", "[]"), ("{}", "1"), ("{}", "null"), ("{}", "nul"), ("{}", "\"a\""), ("{}", "{\"a\":1}"),
            ("{}", "{\"a\":1,}"), ("{}", "{\"a\"}"), ("{}", "{a:1}"), ("{}", "{1:1}"), ("{}", "[1,]"),
            ("{}", "[,1]"), ("{}", "[1 2]"), ("{}", "[01]"), ("{}", "[-]"), ("{}", "[1.]"), ("{}", "[.5]"),
            ("{}", "[1e5]"), ("{}", "[1e999]"), ("{}", "[1"), ("{}", "{\"a\":1"), ("{}", "{ }"),
            ("{}", "[-0]"), ("{}", "[+1]"), ("{}", "[truefalse]"), ("{}", "[12345678901234567890.5]"),
            ("{}", String(repeating: "9", count: 400)), ("{}", "{\"a\":1,\"a\":[2]}"),
            ("{}", "{\"a\":\"\\ud800\"}"), ("{}", "{\"\\ud800\":1}"), ("{}", "{\"a\\n\":\"\\t\"}"),
            ("{}", "{\"e\(String(repeating: "\u{301}", count: 129))\":1}"),
            ("{}", String(repeating: "[", count: 8) + String(repeating: "]", count: 8)),
            ("{}", String(repeating: "[", count: 30) + String(repeating: "]", count: 30)),
            ("{}", String(repeating: "[", count: 31) + String(repeating: "]", count: 31)),
            ("{}", String(repeating: "{\"a\":", count: 40)), ("{}}}", "{}}"), ("{}}}", "{}}} "),
            ("{}}}", "{}}}}"), ("{}}}", "{},\"content\":\"b\"}}"), ("{}}}", "{}},\"seq\":43}"),
            ("{}}}", "{}},\"data\":{\"client_msg_id\":\"c-2\"}}"),
        ] as [(String, String)])
    func otherwise(part: String, other: String) throws {
        let usual = try Self.text("hello")
        let bytes = Array(usual.replacing(part, with: other).utf8)
        #expect(bytes != Array(usual.utf8))
        _ = Self.isRead(bytes)
        let read = Result { () throws(SchemaError) in try EnvelopeColumns(reading: bytes) }
        #expect(read == Self.parsed(bytes))
    }

    @Test(
        "No byte can be missing, come in between, or be another, but that the parser agrees",
        arguments: [
            try text("a\"é😀\n", key: "c-1", replyTo: id), try text("", key: nil, metadata: metadata),
        ])
    func damaged(text: String) {
        let bytes = Array(text.utf8)
        let others = [0, 0x1F, 0x80, 0xC3, 0xED, 0xFF] + Array(" \"\\/,:{}[]0159-+.eEnufgz".utf8)
        var read = 0
        for place in bytes.indices {
            #expect(!Self.isRead(Array(bytes[..<place])))
            var shorter = bytes
            shorter.remove(at: place)
            if Self.isRead(shorter) { read += 1 }
            for other in others {
                var changed = bytes
                changed[place] = other
                if Self.isRead(changed) { read += 1 }
                changed.insert(bytes[place], at: place)
                if Self.isRead(changed) { read += 1 }
            }
        }
        // Within texts and numbers another byte is as good.
        #expect(read > 100)
    }

    @Test(
        "Bytes that are no UTF-8 are no text",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) throws {
        // In texts and names, read by position and parsed, between escapes, and where no text can stand.
        let text = try Self.text("hello", metadata: ["name": 1]) + "\n"
        for part in ["hello", "8h2k", "c-1", "alice", "name", "seq", "42", "1}}}"] {
            for escape in ["", #"\n"#, #"\u00e9"#] {
                let parts = text.split(separator: part, maxSplits: 1)
                let wrong = Array(escape.utf8) + bytes + Array(escape.utf8)
                let whole = Array(parts[0].utf8) + wrong + Array(parts[1].utf8)
                #expect(Self.columns(whole) == nil)
                #expect(Self.parsed(whole) == .failure(.invalidJSON))
            }
        }
    }
}
