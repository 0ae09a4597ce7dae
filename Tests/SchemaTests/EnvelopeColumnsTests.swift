import Schema
import Testing

/// The decoded envelope is the oracle.
@Suite struct EnvelopeColumnsTests {
    private static let id = "01890a5d-ac96-774b-bcce-b302099a8057"
    private static let head =
        #"{"v":1,"epoch":"8h2k","seq":42,"mv":7,"type":"new_message","room":"general","id":"\#(id)","#
        + #""ts":1,"user":"alice","#

    private static let deep =
        String(repeating: "[", count: Limits.jsonDepth) + String(repeating: "]", count: Limits.jsonDepth)

    static let texts = [
        head
            + #""data":{"content":"a\n\u00e9 \"😀","client_msg_id":"k","reply_to":"\#(id)","metadata":{"n":[1,{}]}}}"#,
        head + #""data":{"content":1,"client_msg_id":null,"reply_to":"none"}}"#,
        head + #""data":{"content":"first","content":"last"},"data":{"content":"other"}}"#,
        head + #""data":{"content":"gone"},"data":[{"content":"no"}]}"#,
        head + #""data":null}"#, head + #""more":{"content":"no"}}"#,
        // Members in another order, white space, numbers written otherwise.
        #" { "data" : { "content" : "x" } , "seq" : 4.2e1 , "epoch":"e","type":"message_edited","user":null } "#,
        #"{"type":"new_message","seq":"x","seq":5,"epoch":"e"}"#,
        #"{"type":"new_message","epoch":"e","seq":9007199254740992}"#,
        // No envelopes.
        "", "null", "[]", "{}", "{", #"{"type":"nothing"}"#, #"{"type":null}"#, head, head + #""data":{}"#,
        head + #""data":{"content":"a}"#, head + #""data":{"content":"\u12"}}"#, head + #""data":{}} x"#,
        head + #""data":{"content":"\u0000"}}"#, head + #""data":{"other":"\ud800"}}"#,
        head + #""data":{"other":\#(deep)}}"#, #"{"type":"new_message","seq":"x"}"#,
        #"{"type":"new_message","epoch":1}"#,
        #"{"type":"new_message","room":"no room"}"#, #"{"type":"new_message","id":"x"}"#,
        #"{"type":"new_message","user":"?"}"#, #"{"type":"new_message","ts":1.5}"#,
        #"{"type":"new_message","mv":true}"#, #"{"v":"1","type":"new_message"}"#,
    ]

    @Test("Columns are what the envelope says", arguments: texts)
    func agrees(text: String) throws {
        let bytes = Array(text.utf8)
        let envelope = Result { () throws(SchemaError) in try Envelope(decoding: bytes) }
        let columns = Result { () throws(SchemaError) in try EnvelopeColumns(reading: bytes) }
        switch (envelope, columns) {
        case (.failure(let expected), .failure(let error)): #expect(error == expected)
        case (.success(let expected), .success(let columns)): expectSame(columns, expected)
        default: Issue.record("\(columns) of \(envelope)")
        }
    }

    private func expectSame(_ columns: EnvelopeColumns, _ envelope: Envelope) {
        #expect(columns.position == envelope.position)
        #expect(columns.mv == envelope.mv)
        #expect(columns.type == envelope.type)
        #expect(columns.room == envelope.room)
        #expect(columns.id == envelope.id)
        #expect(columns.ts == envelope.ts)
        #expect(columns.user == envelope.user)
        #expect(columns.clientMessageID == envelope.data["client_msg_id"]?.text)
        #expect(columns.replyTo == envelope.data["reply_to"]?.text.flatMap(MessageID.init))
    }

    @Test("All golden envelopes have columns", arguments: try Golden.types())
    func golden(type: EventType) throws {
        let golden = Array(try Golden.read(type).utf8)
        expectSame(try EnvelopeColumns(reading: golden), try Envelope(decoding: golden))
    }
}
