import Schema
import Testing

/// The `id` of a client's frame, which its answer carries.
@Suite struct FrameIDTests {
    @Test(
        "The id goes back as it was sent",
        arguments: ["1", "1.0", "-0", "1E2", "12345678901234567890", "\"x\"", "\"\"", #""\u0041\/é\n""#])
    func verbatim(id: String) throws {
        let frame = try ClientFrame(
            decoding: Array("{ \"id\" : \(id) , \"type\":\"ping\",\"data\":{\"id\":5}}".utf8))
        #expect(frame.replyID.map { String(decoding: $0.json, as: UTF8.self) } == id)
    }

    @Test(
        "Without an id there is none",
        arguments: [#"{"type":"ping","data":{"id":5}}"#, #"{"type":"ping","id":null}"#])
    func none(text: String) throws {
        #expect(try ClientFrame(decoding: Array(text.utf8)).replyID == nil)
    }

    @Test(
        arguments: [
            "true", "{}", "[1]", #""\ud800""#, "\"" + String(repeating: "x", count: 1_024) + "\"", "1e999",
            String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
        ])
    func badID(id: String) {
        #expect(rejection(of: #"{"type":"ping","id":\#(id)}"#)?.error == .invalidField("id"))
    }

    @Test("Of two ids the last one counts")
    func twice() throws {
        let frame = try ClientFrame(decoding: Array(#"{"id":1,"type":"ping","id":"b"}"#.utf8))
        #expect(frame.replyID.map { String(decoding: $0.json, as: UTF8.self) } == "\"b\"")
    }
}
