import Foundation
import Schema
import Testing

@Suite struct JSONParserTests {
    @Test(
        arguments: [
            ("null", .null), (" true ", true), ("false\n", false), ("0", 0), ("-0", 0), ("-12", -12),
            ("1.0", 1.0),
            ("1e2", 100.0), ("-1.5E-1", -0.15), ("9223372036854775807", .int(.max)),
            ("-9223372036854775808", .int(.min)), ("9223372036854775808", .number(0x1p63)),
            ("-9223372036854775809", .number(-0x1p63)), ("18446744073709551617", .number(0x1p64)),
            ("12345678901234567890", .number(12_345_678_901_234_567_168)), (#""""#, ""),
            (#""a\/\"\\\b\f\n\r\t""#, "a/\"\\\u{8}\u{C}\n\r\t"),
            (#""\u00e9\u20AC\ud83d\ude00""#, "é€😀"), ("\"é€😀\"", "é€😀"), ("[]", []),
            ("[ 1 , [ ] ]", [1, []]), ("{ }", [:]),
            (#"{"a":1,"b":{"c":[null]}}"#, ["a": 1, "b": ["c": [nil]]]), (#"{"a":1,"a":2}"#, ["a": 2]),
        ] as [(String, JSONValue)])
    func good(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == value)
    }

    @Test(
        "Foundation's decoder reads the same",
        arguments: [
            "null", "true", "-12", "-0.15", #""\u00e9\ud83d\ude00\/""#, #"{"a":1,"b":{"c":[null,"x"]}}"#,
        ])
    func foundationAgrees(text: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) == value)
        #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)) == value)
    }

    @Test(
        arguments: [
            "", " ", "nul", "nulll", "True", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1e999", "NaN",
            "Infinity",
            "'a'", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "\"\0\"", "[", "]",
            "[1", "[1,",
            "[1,]", "[,1]", "[1 2]", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}",
            "{1:1}", "{\"a\" 1}",
            "1 2", "{} x", "\u{FEFF}{}", "//\n1",
        ])
    func bad(text: String) {
        #expect(throws: SchemaError.invalidJSON) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test("A string ends where it ends, whatever stands around its end", arguments: 0..<40)
    func ends(length: Int) throws {
        let plain = String(repeating: "\u{7F}!#[]é", count: 10).unicodeScalars.prefix(length)
        let text = String(String.UnicodeScalarView(plain))
        #expect(try JSONValue(parsing: Array("\"\(text)\" ".utf8)) == .string(text))
        #expect(try JSONValue(parsing: Array(#"["\#(text)\u0021","x"]"#.utf8)) == [.string(text + "!"), "x"])
        for bad in ["\u{1F}", "\0", "\n"] {
            #expect(throws: SchemaError.invalidJSON) {
                try JSONValue(parsing: Array("\"\(text)\(bad)aaaaaaaaaaaa\"".utf8))
            }
        }
        let value = JSONValue.string("\(text)\"\(text)\\\(text)\n")
        #expect(try JSONValue(parsing: value.encoded) == value)
    }

    @Test("A name may be written with escapes")
    func escapedName() throws {
        #expect(try JSONValue(parsing: Array(#"{"\u0061":1,"é":2}"#.utf8)) == ["a": 1, "é": 2])
        #expect(throws: SchemaError.invalidJSON) {
            try JSONValue(parsing: [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D])
        }
    }

    @Test(
        "Bytes that are no UTF-8 are no JSON",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        #expect(throws: SchemaError.invalidJSON) { try JSONValue(parsing: [0x22] + bytes + [0x22]) }
        #expect(throws: SchemaError.invalidJSON) {
            try JSONValue(parsing: [0x22, 0x5C, 0x6E] + bytes + [0x22])
        }
    }

    @Test(
        "Text that cannot be stored is refused",
        arguments: [#""\u0000""#, #""\ud800""#, #""\udc00\ud800""#, #"{"\ud800":1}"#])
    func unusable(text: String) {
        #expect(throws: SchemaError.invalidJSON) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test("Marks without end are refused, in texts and names, however they are written")
    func marks() throws {
        for (mark, escaped) in [("\u{301}", #"\u0301"#), ("\u{1D165}", #"\ud834\udd65"#)] {
            for mark in [mark, escaped] {
                func parsed(_ count: Int, _ before: String, _ after: String) throws -> JSONValue {
                    let marks = String(repeating: mark, count: count)
                    return try JSONValue(parsing: Array((before + "a" + marks + after).utf8))
                }
                for (before, after) in [("\"", "\""), ("{\"", "\":1}")] {
                    _ = try parsed(128, before, after)
                    #expect(throws: SchemaError.invalidJSON) { try parsed(129, before, after) }
                }
            }
        }
    }

    @Test("Depth is bounded, and the deepest text does no harm")
    func depth() throws {
        let nested = { (depth: Int) in
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(try JSONValue(parsing: nested(32)).isNested(atMost: 32))
        #expect(throws: SchemaError.invalidJSON) { try JSONValue(parsing: nested(33)) }
        #expect(throws: SchemaError.invalidJSON) { try JSONValue(parsing: nested(1_000_000)) }
        #expect(throws: SchemaError.invalidJSON) {
            try JSONValue(parsing: Array(String(repeating: "[{\"a\":", count: 9_999).utf8))
        }
    }

    @Test func nesting() {
        let value: JSONValue = ["a": ["b": [1]]]
        #expect(value.isNested(atMost: 3))
        #expect(!value.isNested(atMost: 2))
        #expect(JSONValue.int(1).isNested(atMost: 0))
    }

    @Test("Random damage to a good text is refused or read, never a trap")
    func damage() {
        let text = Array(
            #"{"type":"send_message","id":"x","data":{"content":"h\u00e9\ud83d\ude00","n":[-1.5e3,true,null]}}"#
                .utf8)
        var generator = Damage(state: 42)
        for _ in 0..<20_000 {
            var bytes = text
            for _ in 0...generator.next() % 3 {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            _ = try? JSONValue(parsing: bytes)
            _ = try? ClientFrame(decoding: Array(bytes.prefix(Int(generator.next() % 200))))
        }
    }
}

/// SplitMix64: the same damage in every run.
private struct Damage: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
