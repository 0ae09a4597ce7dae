import Bus
import Schema
import Testing
import Web

@testable import ChatAuth

@Suite struct RequestRulesTests {
    @Test(arguments: [
        ("1234567", ["too_short"]), ("12345678", []), (String(repeating: "p", count: 256), []),
        (String(repeating: "p", count: 257), ["too_long"]),
    ])
    func passwords(text: String, expected: [String]) {
        #expect(AccountRules.problems(ofPassword: text).map(\.code) == expected)
    }

    @Test(arguments: [
        ("Alice", []), ("", ["too_short"]), ("   ", ["too_short"]), ("a\u{0}b", ["invalid"]),
        ("a\nb", ["invalid"]), (String(repeating: "n", count: 65), ["too_long"]),
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

    @Test func pagesFollowEachOther() throws {
        let first = try Paging(try #require(Request(.get, "/rooms?limit=2")))
        let (page, cursor) = first.cut(["a", "b", "c"], by: \.self)
        #expect(page == ["a", "b"])
        let second = try Paging(try #require(Request(.get, "/rooms?limit=2&cursor=\(cursor ?? "")")))
        #expect(second.after == "b")
        #expect(second.cut(["c"], by: \.self).next == nil)
    }

    @Test(arguments: ["limit=0", "limit=201", "limit=x", "cursor=!", "cursor=AA"])
    func aBadPageIsRefused(query: String) throws {
        let request = try #require(Request(.get, "/rooms?\(query)"))
        let problem = #expect(throws: Problem.self) { try Paging(request) }
        #expect(problem?.status == .unprocessableContent)
    }

    @Test(arguments: [
        ("Bearer abc", "abc"), ("bearer  abc", "abc"), ("Basic abc", nil), ("Bearer", nil), ("", nil),
    ])
    func bearers(field: String, token: String?) throws {
        let request = try #require(Request(.get, "/", headers: ["Authorization": field]))
        #expect((try? Bearer.token(in: request)).map(String.init) == token)
    }

    @Test func aProblemKnowsItsStatusAndChallenge() {
        #expect(Problem(.lastOwner).status == .conflict)
        #expect(Problem(.serviceUnavailable).retryAfterSeconds == 1)
        #expect(Problem(.tokenMissing).headers["WWW-Authenticate"] == #"Bearer realm="parley""#)
        let challenge = Problem(.tokenExpired).headers["WWW-Authenticate"] ?? ""
        #expect(challenge.contains(#"error="invalid_token""#))
        #expect(Problem(reporting: AuthenticationFailure.revoked)?.code == "token_revoked")
        struct Bug: Error {}
        #expect(Problem(reporting: Bug()) == nil)
    }
}
