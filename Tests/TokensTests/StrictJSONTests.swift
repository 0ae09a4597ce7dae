import Testing

@testable import Tokens

@Suite struct StrictJSONTests {
    @Test(
        "strict objects pass",
        arguments: [
            "{}", " \t\r\n{ \"a\" : [ ] , \"b\" : { } } ", #"{"n":[0,-0,12,1.5,1e9,1E+9,-2.5e-3]}"#,
            #"{"s":"\"\\\/\b\f\n\r\té\u00e9\ud83d\ude00"}"#, #"{"t":true,"f":false,"n":null}"#,
            #"{"a":{"x":1},"b":{"x":1}}"#,
        ])
    func passes(text: String) throws {
        try StrictJSON.check(Array(text.utf8))
    }

    @Test(
        "what readers could see differently is refused",
        arguments: [
            "", "[]", "1", "null", "{", "}", "{}{}", "{} x", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,}"#,
            "{a:1}",
            #"{"a":01}"#, #"{"a":+1}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":1e}"#, #"{"a":-}"#, #"{"a":NaN}"#,
            #"{"a":tru}"#, #"{"a":[1,]}"#, #"{"a":[1}"#, #"{"a":"x}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#,
            #"{"a":"\ud800"}"#, #"{"a":"\ud800\u0041"}"#, #"{"a":"\udc00"}"#, "{\"a\":\"\n\"}", "{'a':1}",
            "{\"a\":1 /* c */}", "\u{FEFF}{}", #"{"a":"\u00"#,
        ])
    func refuses(text: String) {
        #expect(throws: StrictJSON.Fault.syntax) { try StrictJSON.check(Array(text.utf8)) }
    }

    @Test("marks without end are refused, as names would be compared", arguments: ["\u{301}", #"\u0301"#])
    func marks(mark: String) throws {
        func object(_ count: Int) -> [UInt8] {
            Array(("{\"a" + String(repeating: mark, count: count) + "\":1}").utf8)
        }
        try StrictJSON.check(object(128))
        #expect(throws: StrictJSON.Fault.syntax) { try StrictJSON.check(object(129)) }
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]])
    func invalidUTF8(damage: [UInt8]) {
        let bytes = Array(#"{"a":""#.utf8) + damage + Array(#""}"#.utf8)
        #expect(throws: StrictJSON.Fault.syntax) { try StrictJSON.check(bytes) }
    }

    @Test(
        "a member named twice is refused, however it is spelt and wherever it stands",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"\u0061":1}"#, #"{"x":{"a":1,"a":2}}"#,
            #"{"x":[{"a":1,"a":2}]}"#,
            #"{"":1,"":2}"#, #"{"😀":1,"\ud83d\ude00":2}"#,
        ])
    func duplicates(text: String) {
        #expect(throws: StrictJSON.Fault.duplicateMember) { try StrictJSON.check(Array(text.utf8)) }
    }

    @Test("nesting is bounded")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (#"{"a":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}")
                    .utf8)
        }
        try StrictJSON.check(nested(15))
        #expect(throws: StrictJSON.Fault.syntax) { try StrictJSON.check(nested(16)) }
        #expect(throws: StrictJSON.Fault.syntax) { try StrictJSON.check(nested(4_000)) }
    }
}
