import Engine
import Postgres
import Redis
import Schema
import Testing
import Web

@testable import ChatAuth

@Suite struct RequestRulesTests {
    @Test(arguments: [
        ("1234567", ["too_short"]), ("12345678", []), (String(repeating: "p", count: 256), []),
        (String(repeating: "p", count: 257), ["too_long"]), ("1234567\u{0}", ["invalid"]),
    ])
    func passwords(text: String, expected: [String]) {
        #expect(AccountRules.problems(ofPassword: text).map(\.code) == expected)
    }

    @Test(arguments: [
        ("Alice", []), ("", ["too_short"]), ("   ", ["too_short"]), ("a\u{0}b", ["invalid"]),
        ("a\nb", ["invalid"]), (String(repeating: "n", count: 65), ["too_long"]),
        ("a\u{202E}b", ["invalid"]), ("a\u{2066}b", ["invalid"]), ("\u{200B}\u{2060} ", ["too_short"]),
        ("👩‍💻", []), ("א\u{200F}", []),
    ])
    func names(text: String, expected: [String]) {
        #expect(AccountRules.problems(ofName: text).map(\.code) == expected)
    }

    @Test func whatAForeignTokenSaysIsMadeFit() {
        #expect(AccountRules.fit("Robot", orElse: "r2") == "Robot")
        #expect(AccountRules.fit("a\u{0}", orElse: "r2") == "r2")
        #expect(["admin", "", "a\u{0}", "a b"].filter(\.isWord) == ["admin"])
    }

    @Test(arguments: [
        ("Ops & Friends!", "ops-friends"), ("general", "general"), ("Über uns", "ber-uns"), ("日本", ""),
        ("--", ""), (String(repeating: "ab ", count: 40), String(repeating: "ab-", count: 15) + "ab"),
    ])
    func slugs(name: String, slug: String) {
        #expect(RoomNaming.slug(name) == slug)
    }

    @Test(arguments: ["General", "日本"]) func candidatesAreIDs(name: String) throws {
        let ids = try RoomNaming.candidates(for: name)
        #expect(Set(ids).count == ids.count)
        #expect(ids.count >= 3)
        #expect(ids.allSatisfy { !$0.isDirect })
    }

    @Test func whatFailsInsideHasAnAnswer() {
        #expect(Problem(reporting: ErrorCode.lastOwner)?.status == .conflict)
        #expect(Problem(reporting: EngineError.overloaded)?.code == "overloaded")
        #expect(Problem(reporting: RedisError.unavailable)?.code == "service_unavailable")
        #expect(Problem(reporting: PostgresError.closed)?.retryAfterSeconds == 1)
        struct Bug: Error {}
        #expect(Problem(reporting: Bug()) == nil)
    }

    @Test func aPageOfAListSaysWhereTheNextBegins() throws {
        let first = Response.json(Listing("rooms", (page: ["a"], next: "c")))
        #expect(try JSONValue(parsing: first.body) == ["rooms": ["a"], "next_cursor": "c"])
        let last = Response.json(Listing("rooms", (page: ["d"], next: nil)))
        #expect(try JSONValue(parsing: last.body) == ["rooms": ["d"], "next_cursor": nil])
    }
}
