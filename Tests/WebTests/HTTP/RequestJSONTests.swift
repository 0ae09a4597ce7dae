import Testing
import Web

@Suite struct RequestJSONTests {
    private struct Login: Codable, Equatable {
        var username: String
        var device: Device?
        struct Device: Codable, Equatable { var number: Int }
    }

    private func decode(_ body: String, type: String? = "application/json", coding: String? = nil) throws
        -> Login
    {
        var headers: Headers = [:]
        headers["Content-Type"] = type
        headers["Content-Encoding"] = coding
        return try #require(Request(.post, "/", headers: headers, body: Array(body.utf8))).json(Login.self)
    }

    @Test func decodes() throws {
        #expect(
            try decode(#"{"username":"bob","more":1}"#, type: "Application/JSON; charset=utf-8").username
                == "bob")
    }

    @Test(arguments: ["", "{", "nope", "{\"username\":\"\u{1}\"}", "{} {}", "[]", "null", "5"])
    func refusesWhatIsNoObject(body: String) {
        #expect(throws: Problem.malformedJSON) { try decode(body) }
    }

    /// As names of members and as values; to compare them would take long.
    @Test(arguments: ["\u{301}\u{316}", #"\u0301\u0316"#])
    func refusesMarksWithoutEnd(marks: String) throws {
        let many = String(repeating: marks, count: 65)
        for body in ["{\"username\":\"b\(many)\"}", "{\"\(many)\":1,\"username\":\"bob\"}"] {
            #expect(throws: Problem.malformedJSON) { try decode(body) }
        }
    }

    @Test(arguments: [
        ("{}", "username", "required"), (#"{"username":null}"#, "username", "required"),
        (#"{"username":1}"#, "username", "wrong_type"),
        (#"{"username":"b","device":{"number":"1"}}"#, "device.number", "wrong_type"),
    ]) func namesTheWrongMember(body: String, field: String, code: String) {
        #expect(throws: Problem.invalidFields([FieldError(field, code)])) { try decode(body) }
    }

    @Test(arguments: [nil, "text/plain", "application/jsonx", ""])
    func refusesOtherMediaTypes(type: String?) {
        let problem = #expect(throws: Problem.self) { try decode("{}", type: type) }
        #expect(problem?.status == .unsupportedMediaType)
        #expect(problem?.headers == ["Accept": "application/json"])
    }

    @Test(arguments: ["gzip", "identity, br", "x", "\"identity\""])
    func refusesContentCodings(coding: String) {
        let problem = #expect(throws: Problem.self) {
            try decode(#"{"username":"bob"}"#, coding: coding)
        }
        #expect(problem?.status == .unsupportedMediaType)
        #expect(problem?.headers == ["Accept-Encoding": "identity"])
    }

    @Test(arguments: ["", "identity", "Identity, identity"])
    func takesWhatHasNoCoding(coding: String) throws {
        #expect(try decode(#"{"username":"bob"}"#, coding: coding).username == "bob")
    }
}
