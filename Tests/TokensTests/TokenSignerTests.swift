import Testing

@testable import Tokens

@Suite struct TokenSignerTests {
    @Test(
        "a token says what it is, by whose key, and is believed", arguments: [TokenAlgorithm.eddsa, .es256])
    func keys(algorithm: TokenAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let token = try TokenSigner(key: key).sign(goodClaims)
        let header = try #require(token.split(separator: ".").first.flatMap { Base64URL.decode($0) })
        #expect(
            String(decoding: header, as: UTF8.self)
                == #"{"alg":"\#(algorithm.rawValue)","kid":"\#(key.kid)","typ":"at+jwt"}"#)
        #expect(try keyVerifier(key.publicJWK).verify(token, now: now) == goodClaims)
    }

    @Test("a token of a secret has no kid")
    func secrets() throws {
        let token = try TokenSigner(hs256Secret: secret).sign(goodClaims)
        #expect(token.hasPrefix(Base64URL.encode(#"{"alg":"HS256","typ":"at+jwt"}"#.utf8.map { $0 }) + "."))
        #expect(try secretVerifier().verify(token, now: now) == goodClaims)
    }

    @Test("a short secret is refused", arguments: [0, 1, 31])
    func shortSecret(count: Int) {
        let short = [UInt8](repeating: 7, count: count)
        #expect(throws: TokenError.secretTooShort(minimum: 32)) { try TokenSigner(hs256Secret: short) }
        #expect(throws: TokenError.secretTooShort(minimum: 32)) {
            try TokenVerifier(hs256Secret: short, issuer: issuer, audience: audience)
        }
    }

    @Test("claims that make a token too large are refused when signing")
    func tooLarge() throws {
        var claims = goodClaims
        claims.rooms = (0..<1_000).map { "room-\($0)" }
        #expect(throws: TokenError.invalid(.tooLarge)) { try TokenSigner(hs256Secret: secret).sign(claims) }
    }

    @Test("a signer never prints its secret")
    func description() throws {
        // As an element of the array: a number alone may stand in an address too.
        let byte = "- \(secret[0])\n"
        var (dumped, plain) = ("", "")
        dump(secret, to: &plain)
        #expect(plain.contains(byte))
        dump(try TokenSigner(hs256Secret: secret), to: &dumped)
        #expect(!dumped.contains(byte))
    }
}
