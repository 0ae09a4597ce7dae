import Schema
import Testing

@Suite struct ClientFrameTests {
    private let general = RoomID("general")

    @Test func authenticate() throws {
        #expect(try command("authenticate", #"{"token":"a.b.c"}"#) == .authenticate(token: "a.b.c"))
    }

    @Test func roomCommands() throws {
        let room = try #require(general)
        #expect(try command("leave_room", #"{"room":"general"}"#) == .leaveRoom(room))
        #expect(try command("typing_start", #"{"room":"general"}"#) == .typingStart(room))
        #expect(try command("typing_stop", #"{"room":"general"}"#) == .typingStop(room))
    }

    @Test("On /ws/{room} the room may be left out, and data with it")
    func defaultRoom() throws {
        let room = try #require(general)
        let decode = { (text: String) in
            try ClientFrame(decoding: Array(text.utf8), defaultRoom: room).command
        }
        #expect(try decode(#"{"type":"leave_room"}"#) == .leaveRoom(room))
        #expect(try decode(#"{"type":"leave_room","data":null}"#) == .leaveRoom(room))
        #expect(try decode(#"{"type":"leave_room","data":{"room":null}}"#) == .leaveRoom(room))
        #expect(try decode(#"{"type":"leave_room","data":{"room":"other"}}"#) != .leaveRoom(room))
        #expect(try decode(#"{"type":"get_presence"}"#) == .getPresence(.room(room)))
        guard
            case .sendMessage(let send) = try decode(
                #"{"type":"send_message","data":{"to":"bob","content":"x"}}"#)
        else { return #expect(Bool(false), "a send") }
        #expect(send.destination == UserHandle("bob").map { .user($0) })
    }

    @Test func joinRoom() throws {
        let room = try #require(general)
        #expect(try command("join_room", #"{"room":"general"}"#) == .joinRoom(JoinRoom(room: room)))
        #expect(
            try command("join_room", #"{"room":"general","since":{"epoch":"8h2k","seq":42},"recent":0}"#)
                == .joinRoom(JoinRoom(room: room, since: LogPosition(epoch: "8h2k", seq: 42), recent: 0)))
    }

    @Test func getHistory() throws {
        guard case .getHistory(let newest) = try command("get_history", #"{"room":"general"}"#),
            case .getHistory(let older) = try command(
                "get_history", #"{"room":"general","before":9,"limit":200}"#),
            case .getHistory(let newer) = try command(
                "get_history", #"{"room":"general","after":0,"before":null}"#)
        else { return #expect(Bool(false), "three pages") }
        #expect(newest.direction == .newest && newest.limit == 50)
        #expect(older.direction == .before(9) && older.limit == 200)
        #expect(newer.direction == .after(0))
    }

    @Test func getPresence() throws {
        let alice = try #require(UserHandle("alice"))
        #expect(try command("get_presence", #"{"users":["alice"]}"#) == .getPresence(.users([alice])))
        #expect(try command("get_presence", #"{"users":[]}"#) == .getPresence(.users([])))
    }

    @Test("A ping may carry anything", arguments: ["{}", #"{"n":1}"#, "[1]", "7", "\"x\"", "null"])
    func ping(data: String) throws {
        #expect(try command("ping", data) == .ping(JSONValue(parsing: Array(data.utf8))))
    }

    @Test func plainSend() throws {
        let send = try self.send(#"{"room":"general","content":"hello"}"#)
        #expect(send.destination == general.map { .room($0) })
        #expect(send.message == NewMessage(content: "hello"))
        #expect(send.ack == .accepted)
        #expect(!send.isRetry)
    }

    @Test func fullSend() throws {
        let id = "01934c1e-6f2a-7b1e-9c55-0d2f6a1b7c3d"
        let send = try self.send(
            #"{"to":"bob","content":"h\u00e9\n","client_msg_id":"c-1","reply_to":"\#(id)","#
                + #""metadata":{"a":{"b":1}},"ack":"stored","retry":true,"unknown":"\u0000"}"#)
        #expect(send.destination == UserHandle("bob").map { .user($0) })
        #expect(send.message.content == "hé\n")
        #expect(send.message.clientMessageID?.text == "c-1")
        #expect(send.message.replyTo?.text == id)
        #expect(send.message.metadata == ["a": ["b": 1]])
        #expect(send.ack == .stored)
        #expect(send.isRetry)
    }

    @Test("Content is counted in Unicode scalars")
    func contentLength() throws {
        let emoji = String(repeating: "😀", count: 4_000)
        #expect(try send(#"{"room":"general","content":"\#(emoji)"}"#).message.content == emoji)
        expect(.contentTooLong, "send_message", #"{"room":"general","content":"\#(emoji)x"}"#)
    }

    @Test func metadataIsBounded() throws {
        let nested = { (depth: Int) in
            String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        }
        let frame = { (metadata: String) in #"{"room":"general","content":"x","metadata":\#(metadata)}"# }
        #expect(try send(frame(nested(8))).message.metadata["a"] != nil)
        for depth in [9, 29, 31, 33, 5_000] {
            expect(.invalidField("metadata"), "send_message", frame(nested(depth)))
        }
        expect(
            .invalidField("metadata"), "send_message",
            frame(#"{"a":"\#(String(repeating: "x", count: 16_384))"}"#))
        expect(.invalidField("metadata"), "send_message", frame(#"{"\ud800":1}"#))
        expect(.invalidField("metadata"), "send_message", frame(#"{"a":["\u0000"]}"#))
    }

    @Test(
        "Each bad field is named",
        arguments: [
            ("authenticate", "{}", .invalidField("token")),
            ("authenticate", #"{"token":""}"#, .invalidField("token")),
            ("authenticate", #"{"token":7}"#, .invalidField("token")),
            ("join_room", "{}", .invalidField("room")),
            ("join_room", "[]", .invalidField("data")), ("join_room", #""general""#, .invalidField("data")),
            ("join_room", #"{"room":7}"#, .invalidField("room")),
            ("join_room", #"{"room":"No Such"}"#, .noSuchRoom),
            ("join_room", #"{"room":""}"#, .noSuchRoom),
            ("join_room", #"{"room":"\ud800"}"#, .invalidField("room")),
            ("join_room", #"{"room":"general","recent":-1}"#, .invalidField("recent")),
            ("join_room", #"{"room":"general","recent":101}"#, .invalidField("recent")),
            ("join_room", #"{"room":"general","recent":true}"#, .invalidField("recent")),
            ("join_room", #"{"room":"general","recent":"5"}"#, .invalidField("recent")),
            ("join_room", #"{"room":"general","recent":1.5}"#, .invalidField("recent")),
            ("join_room", #"{"room":"general","recent":1e300}"#, .invalidField("recent")),
            ("join_room", #"{"room":"general","since":"8h2k:1"}"#, .invalidField("since")),
            ("join_room", #"{"room":"general","since":{"epoch":"8h2k"}}"#, .invalidField("since")),
            ("join_room", #"{"room":"general","since":{"epoch":"","seq":1}}"#, .invalidField("since")),
            ("join_room", #"{"room":"general","since":{"epoch":"e","seq":-1}}"#, .invalidField("since")),
            ("join_room", #"{"room":"general","since":{"epoch":"e","seq":true}}"#, .invalidField("since")),
            ("leave_room", "{}", .invalidField("room")), ("typing_start", "{}", .invalidField("room")),
            ("get_presence", "{}", .invalidField("room")),
            ("get_presence", #"{"users":"bob"}"#, .invalidField("users")),
            ("get_presence", #"{"users":["Bob!"]}"#, .invalidField("users")),
            ("get_presence", #"{"users":[7]}"#, .invalidField("users")),
            ("get_presence", #"{"users":["bob"],"room":"general"}"#, .invalidField("users")),
            ("get_history", #"{"room":"general","limit":0}"#, .invalidField("limit")),
            ("get_history", #"{"room":"general","limit":201}"#, .invalidField("limit")),
            ("get_history", #"{"room":"general","before":-1}"#, .invalidField("before")),
            ("get_history", #"{"room":"general","before":"9"}"#, .invalidField("before")),
            ("get_history", #"{"room":"general","before":9,"after":1}"#, .invalidField("after")),
            ("send_message", #"{"content":"x"}"#, .invalidField("room")),
            ("send_message", #"{"room":"general","to":"bob","content":"x"}"#, .invalidField("to")),
            ("send_message", #"{"to":7,"content":"x"}"#, .invalidField("to")),
            ("send_message", #"{"to":"No!","content":"x"}"#, .noSuchUser),
            ("send_message", #"{"room":"general"}"#, .invalidField("content")),
            ("send_message", #"{"room":"general","content":""}"#, .invalidField("content")),
            ("send_message", #"{"room":"general","content":null}"#, .invalidField("content")),
            ("send_message", #"{"room":"general","content":7}"#, .invalidField("content")),
            ("send_message", #"{"room":"general","content":"a\u0000b"}"#, .invalidField("content")),
            ("send_message", #"{"room":"general","content":"\ud800"}"#, .invalidField("content")),
            ("send_message", #"{"room":"general","content":"\ude00\ud83d"}"#, .invalidField("content")),
            ("send_message", #"{"room":"general","content":"\ud83d\u0041"}"#, .invalidField("content")),
            (
                "send_message", #"{"room":"general","content":"x","client_msg_id":""}"#,
                .invalidField("client_msg_id")
            ),
            (
                "send_message", #"{"room":"general","content":"x","client_msg_id":7}"#,
                .invalidField("client_msg_id")
            ),
            (
                "send_message", #"{"room":"general","content":"x","client_msg_id":"é"}"#,
                .invalidField("client_msg_id")
            ),
            ("send_message", #"{"room":"general","content":"x","reply_to":"42"}"#, .invalidField("reply_to")),
            ("send_message", #"{"room":"general","content":"x","metadata":[]}"#, .invalidField("metadata")),
            ("send_message", #"{"room":"general","content":"x","ack":"maybe"}"#, .invalidField("ack")),
            ("send_message", #"{"room":"general","content":"x","retry":1}"#, .invalidField("retry")),
            ("ping", #"{"a":{"b":"\ud800"}}"#, .invalidField("data")),
            ("ping", #"{"a":[1e999]}"#, .invalidField("data")),
            ("join_room", #"{"room":"general","recent":1e999}"#, .invalidField("recent")),
            ("get_history", #"{"room":"general","before":-1e999}"#, .invalidField("before")),
        ] as [(String, String, SchemaError)])
    func refused(type: String, data: String, error: SchemaError) {
        expect(error, type, data)
    }

    @Test(
        "What belongs to later waves, to the server or to nobody is an unknown type",
        arguments: [
            "edit_message", "delete_message", "add_reaction", "remove_reaction", "mark_read", "set_status",
            "new_message",
            "connected", "nonsense", "",
        ])
    func unknownTypes(type: String) {
        expect(.unknownType, type, "{}")
        expect(.unknownType, type, "[]")
    }

    @Test(
        "What is no object is no frame",
        arguments: [
            "", "nonsense", "[]", "7", "\"x\"", "null", "{", #"{"type":"ping"} {}"#,
            String(repeating: "[", count: 60_000),
        ])
    func notJSON(text: String) {
        expect(.invalidJSON, text)
    }

    @Test(arguments: ["{}", #"{"type":7}"#, #"{"type":null}"#, #"{"data":{"type":"ping"}}"#])
    func noType(text: String) {
        expect(.invalidField("type"), text)
    }
}

// MARK: - Names, and what is refused how

extension ClientFrameTests {
    @Test("A name may be written with escapes")
    func escapedNames() throws {
        let send = try self.send(#"{"r\u006fom":"general","cont\u0065nt":"x"}"#)
        #expect(send.destination == .room(try #require(RoomID("general"))))
        #expect(send.message.content == "x")
    }

    @Test("Of two members of `data` the last one counts, whatever the first one was")
    func lastMember() throws {
        let send = try self.send(#"{"room":"other","content":"\u0000","room":"general","content":"x"}"#)
        #expect(send.destination == general.map { .room($0) })
        #expect(send.message.content == "x")
        expect(
            .invalidField("content"), "send_message",
            #"{"room":"general","content":"x","content":"\u0000"}"#)
        #expect(try command("ping", #"{"n":1,"n":2}"#) == .ping(["n": 2]))
        #expect(
            try ClientFrame(decoding: Array(#"{"data":7,"type":"ping","data":{"n":1}}"#.utf8)).command
                == .ping(["n": 1]))
    }

    @Test("What cannot be sent on is refused where it would be, and only there")
    func unusable() throws {
        expect(.invalidField("data"), "ping", #"{"\ud800":1}"#)
        expect(.invalidField("data"), "ping", #"["\ud800"]"#)
        let frame = #"{"\ud800":"\u0000","type":"ping","\u0069d":"\u0061","data":{"n":"x"}}"#
        let read = try ClientFrame(decoding: Array(frame.utf8))
        #expect(read.command == .ping(["n": "x"]))
        #expect(read.replyID.map { String(decoding: $0.json, as: UTF8.self) } == #""\u0061""#)
        let key = #"{"type":"send_message","id":"m","data":{"client_msg_id":"\ud800"}}"#
        #expect(rejection(of: key)?.clientMessageID == nil)
    }

    @Test("Marks without end are refused where they would be sent on, and elsewhere nobody looks at them")
    func marks() throws {
        let marks = "p" + String(repeating: "\u{301}\u{316}", count: 65)
        expect(.invalidField("data"), "ping", "{\"\(marks)\":1}")
        expect(.invalidField("content"), "send_message", "{\"room\":\"general\",\"content\":\"\(marks)\"}")
        expect(
            .invalidField("ack"), "send_message",
            "{\"room\":\"general\",\"content\":\"x\",\"ack\":\"\(marks)\"}")
        #expect(rejection(of: "{\"type\":\"\(marks)\"}")?.error == .unknownType)
        let frame = "{\"\(marks)\":\"\(marks)\",\"type\":\"ping\",\"data\":{\"n\":\"x\"}}"
        #expect(try ClientFrame(decoding: Array(frame.utf8)).command == .ping(["n": "x"]))
    }

    @Test("A refusal carries what its answer needs")
    func refusal() throws {
        let text = #"{"type":"send_message","id":"m","data":{"client_msg_id":"c-1","content":""}}"#
        let rejected = try #require(rejection(of: text))
        #expect(rejected.type == .sendMessage)
        #expect(rejected.clientMessageID?.text == "c-1")
        let answer = try Envelope(decoding: rejected.answer)
        #expect(answer.type == .messageError)
        #expect(answer.data["client_msg_id"] == "c-1")
        #expect(answer.data["code"] == "invalid_field")
        #expect(answer.data["field"] == "room")
        #expect(String(decoding: rejected.answer, as: UTF8.self).contains(#""reply_to_id":"m""#))
    }

    @Test("A number that no double can hold is a bad field, so that an outbox hears which message is refused")
    func hugeNumber() throws {
        let data = #"{"room":"general","content":"x","client_msg_id":"c-1","metadata":{"a":1e999}}"#
        let rejected = try #require(rejection(of: #"{"type":"send_message","id":"m","data":\#(data)}"#))
        #expect(rejected.error == .invalidField("metadata"))
        #expect(rejected.clientMessageID?.text == "c-1")
    }

    @Test("A refused frame of another kind is answered by an error")
    func plainRefusal() throws {
        let rejected = try #require(
            rejection(of: #"{"type":"nonsense","id":7,"data":{"client_msg_id":"c-1"}}"#))
        #expect(rejected.clientMessageID == nil)
        #expect(try Envelope(decoding: rejected.answer).type == .error)
        #expect(String(decoding: rejected.answer, as: UTF8.self).contains(#""reply_to_id":7"#))
    }
}

extension ClientFrameTests {
    private func command(_ type: String, _ data: String) throws -> ClientCommand {
        try ClientFrame(decoding: Array(#"{"type":"\#(type)","data":\#(data)}"#.utf8)).command
    }

    private func send(_ data: String) throws -> SendMessage {
        guard case .sendMessage(let send) = try command("send_message", data) else {
            throw SchemaError.unknownType
        }
        return send
    }

    private func expect(_ error: SchemaError, _ type: String, _ data: String) {
        expect(error, #"{"type":"\#(type)","data":\#(data)}"#)
    }

    private func expect(_ error: SchemaError, _ text: String) {
        #expect(rejection(of: text)?.error == error, "\(text.prefix(120))")
    }
}
