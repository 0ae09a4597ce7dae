import Testing

@testable import Postgres

struct ArrayLiteralTests {
    @Test func quotesEverything() {
        #expect(ArrayLiteral.encode(["a", nil, "NULL", #"q"b\"#, ""]) == #"{"a",NULL,"NULL","q\"b\\",""}"#)
        #expect(ArrayLiteral.encode([]) == "{}")
    }

    @Test func readsWhatTheServerWrites() {
        #expect(
            ArrayLiteral.decode(#"{a,"b c",NULL,"NULL",-1,"x\"\\"}"#.utf8) == [
                "a", "b c", nil, "NULL", "-1", #"x"\"#,
            ])
        #expect(ArrayLiteral.decode("{}".utf8) == [])
    }

    @Test(arguments: [
        "", "{", "}", "{a", "{a,}", "{,a}", "a}", "{a}b", #"{"a}"#, #"{"a\"#, "{{1,2},{3,4}}", "[2:3]={1,2}",
        #"{a"b"}"#,
        "{}x",
    ])
    func refusesWhatIsNone(_ text: String) {
        #expect(ArrayLiteral.decode(text.utf8) == nil)
    }

    @Test func refusesBrokenUTF8() {
        #expect(ArrayLiteral.decode([0x7b, 0xff, 0x7d]) == nil)
    }
}
