import Schema
import Testing

@Suite struct JSONWriterTests {
    @Test(
        "Only what must be escaped is escaped",
        arguments: [
            ("", #""""#), ("hello", #""hello""#), ("a/b<c>&'", #""a/b<c>&'""#), ("\"\\", #""\"\\""#),
            ("\n\r\t\u{8}\u{C}", #""\n\r\t\b\f""#),
            ("\0\u{1}\u{1F}\u{7F}", "\"\\u0000\\u0001\\u001f\u{7F}\""),
            ("\u{2028}\u{2029}", "\"\u{2028}\u{2029}\""), ("héllo 👩‍👩‍👧", "\"héllo 👩‍👩‍👧\""), ("a\nb", #""a\nb""#),
        ])
    func strings(text: String, expected: String) {
        #expect(String(decoding: JSONValue.string(text).encoded, as: UTF8.self) == expected)
    }

    @Test(
        arguments: [
            (.null, "null"), (true, "true"), (-7, "-7"), (.int(.min), "-9223372036854775808"), (1.5, "1.5"),
            (.number(1e100), "1e+100"), (.number(.infinity), "null"), (.number(.nan), "null"), ([], "[]"),
            ([:], "{}"),
            ([1, [2, [:]], "x"], #"[1,[2,{}],"x"]"#),
            (["b": 1, "a": [nil, "{"], "c\"": false], #"{"a":[null,"{"],"b":1,"c\"":false}"#),
        ] as [(JSONValue, String)])
    func values(value: JSONValue, expected: String) {
        #expect(String(decoding: value.encoded, as: UTF8.self) == expected)
    }

    @Test("What was written is read back as it was")
    func roundTrip() throws {
        let all = String(String.UnicodeScalarView((1..<0x3000).compactMap(Unicode.Scalar.init)))
        let value: JSONValue = [
            "text": .string(all), "numbers": [0, 0.1, -1e-7, .int(.max)], "deep": [[["x": nil]]],
        ]
        #expect(try JSONValue(parsing: value.encoded) == value)
    }
}
