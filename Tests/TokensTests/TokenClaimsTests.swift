import FoundationEssentials
import Testing

@testable import Tokens

@Suite struct TokenClaimsTests {
    private func decode(_ text: String) throws -> TokenClaims {
        try JSONDecoder().decode(TokenClaims.self, from: Data(text.utf8))
    }

    private func decode(exp: String) throws -> Int {
        try decode(#"{"iss":"i","aud":"a","sub":"s","exp":\#(exp)}"#).exp
    }

    @Test("claims come back as they were written")
    func roundTrip() throws {
        var claims = goodClaims
        claims.rooms = ["general", "dm:alice_bob"]
        let data = try JSONEncoder().encode(claims)
        #expect(try JSONDecoder().decode(TokenClaims.self, from: data) == claims)
    }

    @Test("only four claims are required; the rest is absent or empty")
    func minimal() throws {
        let claims = try decode(#"{"iss":"i","aud":["a","b"],"sub":"s","exp":5,"other":{"x":1},"name":null}"#)
        #expect(claims == TokenClaims(iss: "i", aud: ["a", "b"], sub: "s", exp: 5))
    }

    @Test("a single audience is written as a plain string")
    func singleAudience() throws {
        let text = String(decoding: try TokenCoding.encode(goodClaims), as: UTF8.self)
        #expect(text.contains(#""aud":"parley""#))
    }

    @Test(
        "times are whole seconds, rounded down and held in range",
        arguments: [
            ("1700000000", 1_700_000_000), ("1700000000.0", 1_700_000_000), ("1.7e9", 1_700_000_000),
            ("1700000000.9", 1_700_000_000), ("-0.5", -1), ("0", 0),
            ("9000000000000", 9_000_000_000_000), ("9223372036854775807", 9_000_000_000_000),
            ("9223372036854775808", 9_000_000_000_000), ("1e300", 9_000_000_000_000),
            ("-9223372036854775809", -9_000_000_000_000), ("-1e300", -9_000_000_000_000),
        ])
    func times(text: String, seconds: Int) throws {
        #expect(try decode(exp: text) == seconds)
    }

    @Test("what is no number is no time", arguments: ["\"1700000000\"", "null", "true", "[1]", "{}"])
    func notTimes(text: String) {
        #expect(throws: DecodingError.self) { try decode(exp: text) }
    }

    @Test(
        "members of a wrong type are refused",
        arguments: [
            #""sub":1"#, #""sub":null"#, #""aud":1"#, #""aud":["a",1]"#, #""aud":null"#, #""iss":["i"]"#,
            #""roles":"admin""#, #""roles":[1]"#, #""rooms":"general""#, #""name":5"#, #""sid":5"#,
            #""jti":5"#,
            #""iat":"1""#, #""nbf":false"#,
        ])
    func wrongTypes(member: String) {
        let name = member.dropFirst().prefix { $0 != "\"" }
        let others = [#""iss":"i""#, #""aud":"a""#, #""sub":"s""#, #""exp":5"#].filter {
            !$0.hasPrefix("\"\(name)\"")
        }
        #expect(throws: DecodingError.self) { try decode("{\((others + [member]).joined(separator: ","))}") }
    }
}
