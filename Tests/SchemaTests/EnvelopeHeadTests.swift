import Schema
import Testing

@Suite struct EnvelopeHeadTests {
    @Test func loggedHead() throws {
        let head = try #require(
            EnvelopeHead(
                reading: Array(#"{"v":1,"epoch":"8h2k","seq":42,"mv":7,"type":"new_message","room""#.utf8)))
        #expect(head.position == LogPosition(epoch: "8h2k", seq: 42))
        #expect(head.mv == 7)
        #expect(head.type == .newMessage)
        #expect(head.room == nil)
    }

    @Test func ephemeralHead() throws {
        let text = #"{"v":1,"type":"user_typing","room":"general","user":"alice","data":{}}"#
        let head = try #require(EnvelopeHead(reading: Array(text.utf8)))
        #expect(head.position == nil)
        #expect(head.mv == nil)
        #expect(head.type == .userTyping)
        #expect(head.room == RoomID("general"))
        #expect(head.user == UserHandle("alice"))
    }

    @Test("Our own frames are read back", arguments: [nil, RoomID("general"), RoomID("dm:alice_bob")])
    func ownFrames(room: RoomID?) throws {
        let head = try #require(
            EnvelopeHead(reading: ServerFrame.bytes(.userJoined, room: room, user: UserHandle("bob"))))
        #expect(head.type == .userJoined)
        #expect(head.room == room)
        #expect(head.user == UserHandle("bob"))
    }

    @Test("A type of a later version is passed on, unnamed")
    func unknownType() throws {
        let logged = try #require(
            EnvelopeHead(reading: Array(#"{"v":1,"epoch":"e","seq":1,"mv":0,"type":"new_thing""#.utf8)))
        #expect(logged.type == nil)
        #expect(logged.position?.seq == 1)
        let ephemeral = try #require(EnvelopeHead(reading: Array(#"{"v":1,"type":"new_thing"}"#.utf8)))
        #expect(ephemeral.type == nil)
    }

    @Test(
        "What is not exactly a head is none",
        arguments: [
            "", "{", "{}", "null", #"{"v":2,"type":"pong""#, #" {"v":1,"type":"pong""#, #"{"v":1,"#,
            #"{"v":1,"room":"general","#, #"{"v":1,"type":"pong"#, #"{"v":1,"type":7"#,
            #"{"v":1,"epoch":"","seq":1,"mv":0,"type":"new_message""#,
            #"{"v":1,"epoch":"e","seq":-1,"mv":0,"type":"new_message""#,
            #"{"v":1,"epoch":"e","seq":,"mv":0,"type":"new_message""#,
            #"{"v":1,"epoch":"e","seq":1.5,"mv":0,"type":"new_message""#,
            #"{"v":1,"epoch":"e","seq":9007199254740992,"mv":0,"type":"new_message""#,
            #"{"v":1,"epoch":"e","seq":9223372036854775807,"mv":0,"type":"new_message""#,
            #"{"v":1,"epoch":"e","seq":9223372036854775808,"mv":0,"type":"new_message""#,
            #"{"v":1,"epoch":"e","seq":99999999999999999999999,"mv":0,"type":"new_message""#,
            #"{"v":1,"epoch":"e\"","seq":1,"mv":0,"type":"new_message""#,
            #"{"v":1,"epoch":"e","mv":0,"seq":1,"type":"new_message""#,
        ])
    func badHead(text: String) {
        #expect(EnvelopeHead(reading: Array(text.utf8)) == nil)
    }

    @Test("No prefix and no broken byte of a good head is a trap")
    func neverTraps() {
        let texts = [
            #"{"v":1,"epoch":"8h2k","seq":9223372036854775807,"mv":7,"type":"new_message","room":"general""#,
            #"{"v":1,"type":"user_typing","room":"general","user":"alice","data":{}}"#,
        ]
        for bytes in texts.map({ Array($0.utf8) }) {
            for length in bytes.indices {
                _ = EnvelopeHead(reading: Array(bytes[..<length]))
                for wrong in [UInt8(0), 0x22, 0x5C, 0x39, 0xFF] {
                    var broken = bytes
                    broken[length] = wrong
                    _ = EnvelopeHead(reading: broken)
                }
            }
        }
    }
}
