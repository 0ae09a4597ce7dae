import Testing

@testable import Tokens

/// The demands of RFC 8725, section 3, one by one, beyond what the verifier's own dialogue shows.
@Suite struct BestPracticeTests {
    private static let ok: TokenError? = nil

    private func outcome(_ verifier: TokenVerifier, _ token: some StringProtocol) -> TokenError? {
        do {
            _ = try verifier.verify(token, now: now)
            return nil
        } catch {
            return error
        }
    }

    private func outcome(header: String? = nil, payload: String? = nil) throws -> TokenError? {
        var forgery = Forgery()
        forgery.header = header ?? forgery.header
        forgery.payload = payload ?? forgery.payload
        return outcome(try secretVerifier(), try forgery.signed())
    }

    /// A payload in which one member takes the place of the good one, or comes beside the good ones.
    private func payload(with member: String) -> String {
        let name = member.prefix { $0 != ":" }
        let good = [
            #""iss":"https://chat.example""#, #""aud":"parley""#, #""sub":"alice""#, #""exp":1700000900"#,
        ]
        return "{\((good.filter { !$0.hasPrefix(name + ":") } + [member]).joined(separator: ","))}"
    }

    // MARK: 3.1 and 3.2, the algorithm

    @Test(
        "an algorithm is one exact string",
        arguments: [
            (#""HS256 ""#, .algorithm), (#""HS256\u0000""#, .algorithm), (#""ＨS256""#, .algorithm),
            (#""HS384""#, .algorithm), (#""PS256""#, .algorithm), (#""ES256K""#, .algorithm),
            (#""dir""#, .algorithm), (#"["HS256"]"#, .malformed), ("null", .malformed), ("true", .malformed),
            (#"{"HS256":1}"#, .malformed),
        ] as [(String, TokenError.Reason)])
    func algorithm(text: String, reason: TokenError.Reason) throws {
        #expect(try outcome(header: #"{"alg":\#(text),"typ":"at+jwt"}"#) == .invalid(reason))
    }

    @Test("an RSA key of the issuer is neither a key nor a secret to us", arguments: ["RS256", "HS256"])
    func rsaConfusion(algorithm: String) throws {
        let modulus = Base64URL.encode([UInt8](repeating: 0xAB, count: 256))
        let json = #"{"keys":[{"kty":"RSA","kid":"r","alg":"RS256","n":"\#(modulus)","e":"AQAB"}]}"#
        let verifier = TokenVerifier(keys: try KeySet(json: json.utf8), issuer: issuer, audience: audience)
        let header = #"{"alg":"\#(algorithm)","typ":"at+jwt","kid":"r"}"#
        for known in [Array(json.utf8), Array(modulus.utf8), [UInt8](repeating: 0xAB, count: 256)] {
            let expected: TokenError.Reason = algorithm == "RS256" ? .algorithm : .unknownKey
            #expect(outcome(verifier, try Forgery(header: header).signed(with: known)) == .invalid(expected))
        }
    }

    @Test("a secret too short to be one is refused", arguments: [0, 1, 31])
    func weakSecret(count: Int) {
        #expect(throws: TokenError.secretTooShort(minimum: 32)) {
            try TokenVerifier(
                hs256Secret: [UInt8](repeating: 7, count: count), issuer: issuer, audience: audience)
        }
    }

    // MARK: 3.7, one encoding

    @Test(
        "bytes that another reader might see otherwise are refused, though signed",
        arguments: [
            [0xEF, 0xBB, 0xBF], [0xFF, 0xFE], [0xFE, 0xFF], [0x00],
        ] as [[UInt8]])
    func byteOrderMarks(prefix: [UInt8]) throws {
        let forgery = Forgery()
        for (before, after) in [(prefix, []), ([], prefix)] {
            let header = Base64URL.encode(before + Array(forgery.header.utf8))
            let payload = Base64URL.encode(after + Array(forgery.payload.utf8))
            let input = "\(header).\(payload)"
            let code = try Digest.hmacSHA256(Array(input.utf8), key: secret)
            let token = input + "." + Base64URL.encode(code)
            #expect(outcome(try secretVerifier(), token) == .invalid(.malformed))
        }
    }

    @Test("UTF-16 is no token, though signed", arguments: [true, false])
    func utf16(bigEndian: Bool) throws {
        let forgery = Forgery()
        let wide = forgery.payload.utf16.flatMap { unit in
            let pair = [UInt8(truncatingIfNeeded: unit >> 8), UInt8(truncatingIfNeeded: unit)]
            return bigEndian ? pair : pair.reversed()
        }
        let input = "\(Base64URL.encode(Array(forgery.header.utf8))).\(Base64URL.encode(wide))"
        let token = input + "." + Base64URL.encode(try Digest.hmacSHA256(Array(input.utf8), key: secret))
        #expect(outcome(try secretVerifier(), token) == .invalid(.malformed))
    }

    @Test("each part is strict base64url by itself: no padding, no trailing bits", arguments: 0..<3)
    func partsAreStrict(part: Int) throws {
        // Each part ends in a symbol with unused bits, so that one bit of it is not part of any byte.
        for (header, payload) in [
            (#"{"alg":"HS256","typ":"at+jwt"}"# + " ", Forgery().payload + " "),
            (#"{"alg":"HS256","typ":"at+jwt"}"# + "  ", Forgery().payload + "  "),
        ] {
            let token = try Forgery(header: header, payload: payload).signed()
            #expect(outcome(try secretVerifier(), token) == nil)
            var parts = token.split(separator: ".").map(String.init)
            let last = try #require(parts[part].last)
            let bytes = try #require(Base64URL.decode(parts[part]))
            let respelt = String("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_").filter {
                $0 != last
            }
            for ending in respelt.map(String.init) {
                let other = String(parts[part].dropLast()) + ending
                #expect(Base64URL.decode(other) != bytes)
            }
            let padding = String(repeating: "=", count: (4 - parts[part].count % 4) % 4)
            parts[part] += padding.isEmpty ? "====" : padding
            #expect(outcome(try secretVerifier(), parts.joined(separator: ".")) == .invalid(.malformed))
        }
    }

    // MARK: 3.8 and 3.9, issuer, subject and audience

    @Test(
        "names are compared byte by byte, each once",
        arguments: [
            (#""iss":"https:\/\/chat.example""#, ok),
            (#""iss":"https://chat.example\u0000""#, .invalid(.issuer)),
            (#""iss":["https://chat.example"]"#, .invalid(.claims)),
            (#""aud":"parley\u0301""#, .invalid(.audience)),
            (#""aud":["parley"]"#, ok), (#""aud":["x","parley"]"#, ok),
            (#""aud":["parley",1]"#, .invalid(.claims)),
            (#""aud":{"parley":1}"#, .invalid(.claims)), (#""aud":"*""#, .invalid(.audience)),
        ] as [(String, TokenError?)])
    func names(member: String, expected: TokenError?) throws {
        #expect(try outcome(payload: payload(with: member)) == expected)
    }

    // MARK: Times (RFC 7519, section 2 and 4.1.4 to 4.1.6)

    @Test(
        "a numeric date is any JSON number, fractions and all, with 30 s of leeway",
        arguments: [
            (#""exp":1699999971"#, ok), (#""exp":1699999970"#, .expired), (#""exp":1699999970.9"#, .expired),
            (#""exp":1.7000009e9"#, ok), (#""exp":-1"#, .expired), (#""exp":-0"#, .expired),
            (#""exp":-1e308"#, .expired), (#""exp":1e308"#, ok), (#""exp":18446744073709551616"#, ok),
            (#""exp":1e-300"#, .expired), (#""exp":1e-400"#, .invalid(.claims)),
            (#""exp":1e400"#, .invalid(.claims)),
            (#""exp":false"#, .invalid(.claims)),
            (#""nbf":1700000030"#, ok), (#""nbf":1700000030.9"#, ok),
            (#""nbf":1700000031"#, .invalid(.notYetValid)),
            (#""nbf":1e300"#, .invalid(.notYetValid)),
            (#""nbf":9223372036854775807"#, .invalid(.notYetValid)),
            (#""nbf":-1e300"#, ok), (#""nbf":-9223372036854775809"#, ok), (#""nbf":"1""#, .invalid(.claims)),
            (#""nbf":null"#, .invalid(.claims)), (#""nbf":[]"#, .invalid(.claims)),
            (#""iat":1700000030.5"#, ok), (#""iat":1700000031"#, .invalid(.issuedInFuture)),
            (#""iat":1e300"#, .invalid(.issuedInFuture)), (#""iat":-1e300"#, ok),
            (#""iat":null"#, .invalid(.claims)),
            (#""iat":true"#, .invalid(.claims)),
        ] as [(String, TokenError?)])
    func times(member: String, expected: TokenError?) throws {
        #expect(try outcome(payload: payload(with: member)) == expected)
    }

    @Test(
        "a bound on the rooms that is no list is not the absence of a bound",
        arguments: ["null", #""general""#, "{}"])
    func unreadableRooms(rooms: String) throws {
        #expect(try outcome(payload: payload(with: #""rooms":\#(rooms)"#)) == .invalid(.claims))
    }

    // MARK: 3.10, nothing a header says is believed or fetched

    @Test(
        "kid is only looked up",
        arguments: [
            #""../../../../dev/null""#, #""x' OR '1'='1""#, #""https://x.example/key""#, #""\u0000""#, #""""#,
            "null",
        ])
    func strangeKid(kid: String) throws {
        let key = try SigningKey.generate(.eddsa)
        let token = try Forgery(header: #"{"alg":"EdDSA","typ":"at+jwt","kid":\#(kid)}"#).signed(with: key)
        #expect(outcome(keyVerifier(key.publicJWK), token) == .invalid(.unknownKey))
    }

    @Test("a kid is a string", arguments: ["1", "[]", "{}", "true"])
    func kidType(kid: String) throws {
        #expect(try outcome(header: #"{"alg":"HS256","typ":"at+jwt","kid":\#(kid)}"#) == .invalid(.malformed))
    }

    @Test("a kid as long as a token may be finds nothing")
    func longKid() throws {
        let key = try SigningKey.generate(.eddsa)
        let kid = key.kid + String(repeating: "x", count: 5_000)
        let token = try Forgery(header: #"{"alg":"EdDSA","typ":"at+jwt","kid":"\#(kid)"}"#).signed(with: key)
        #expect(outcome(keyVerifier(key.publicJWK), token) == .invalid(.unknownKey))
    }

    @Test(
        "members of extensions that nobody demands change nothing",
        arguments: [
            #""b64":false"#, #""zip":"DEF""#, #""cty":"JWT""#, #""x5c":["AAAA"]"#,
            #""x5u":"https://x.example""#,
        ])
    func unknownMembers(member: String) throws {
        #expect(try outcome(header: #"{"alg":"HS256","typ":"at+jwt",\#(member)}"#) == nil)
    }

    // MARK: 3.11 and 3.12, one kind of token is never another

    @Test(
        "tokens of other kinds are refused, though signed",
        arguments: [
            "JWT", "jwt", "id+jwt", "dpop+jwt", "logout+jwt", "at+jwt;v=1", "at+jwt ", "application/",
            "AT_JWT",
        ])
    func otherKinds(type: String) throws {
        #expect(try outcome(header: #"{"alg":"HS256","typ":"\#(type)"}"#) == .invalid(.type))
    }

    // MARK: Members named twice

    @Test(
        "a member named twice is refused wherever it stands, though signed",
        arguments: [
            (#"{"alg":"HS256","typ":"at+jwt","kid":"a","kid":"a"}"#, nil),
            (#"{"alg":"HS256","typ":"at+jwt","x":{"y":1,"y":2}}"#, nil),
            (#"{"alg":"HS256","typ":"at+jwt","t\u0079p":"JWT"}"#, nil),
            (nil, #"{"iss":"https://chat.example","aud":"parley","sub":"alice","exp":1,"exp":1700000900}"#),
            (
                nil,
                #"{"iss":"https://chat.example","aud":"parley","sub":"alice","exp":1700000900,"\u0065xp":1}"#
            ),
            (
                nil,
                #"{"iss":"https://chat.example","aud":"parley","sub":"alice","exp":1700000900,"x":[{"a":1,"a":1}]}"#
            ),
        ] as [(String?, String?)])
    func namedTwice(header: String?, payload: String?) throws {
        #expect(try outcome(header: header, payload: payload) == .invalid(.duplicateMember))
    }

    @Test(
        "a set of keys in which a member is named twice is refused (RFC 7517, section 4)",
        arguments: [
            #"{"keys":[],"keys":[]}"#, #"{"keys":[{"kty":"OKP","kid":"a","kid":"b"}]}"#,
        ])
    func keySet(json: String) {
        #expect(throws: TokenError.unreadableKey) { try KeySet(json: json.utf8) }
    }
}
