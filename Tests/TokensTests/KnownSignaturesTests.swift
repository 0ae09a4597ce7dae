import Testing

@testable import Tokens

@Suite struct KnownSignaturesTests {
    @Test("a token is verified once, its claims each time")
    func once() throws {
        let key = try SigningKey.generate(.eddsa)
        let header = #"{"alg":"EdDSA","typ":"at+jwt","kid":"\#(key.kid)"}"#
        let token = try Forgery(header: header).signed(with: key)
        var known = KnownSignatures(limit: 8)
        let verifier = keyVerifier(key.publicJWK)
        let (claims, keyID) = try verifier.verify(token, now: now, remembering: &known)
        #expect(keyID == key.kid)
        #expect(claims.sub == "alice")
        #expect(known.count == 1)
        let again = try verifier.verify(token, now: now, remembering: &known)
        #expect(again.claims == claims)
        #expect(throws: TokenError.expired) {
            try verifier.verify(token, now: claims.exp + 60, remembering: &known)
        }
    }

    @Test("what is not genuine is never remembered")
    func forged() throws {
        let key = try SigningKey.generate(.eddsa)
        let header = #"{"alg":"EdDSA","typ":"at+jwt","kid":"\#(key.kid)"}"#
        let token = try Forgery(header: header).signed(with: try SigningKey.generate(.eddsa))
        var known = KnownSignatures(limit: 8)
        for _ in 0..<2 {
            #expect(throws: TokenError.invalid(.signature)) {
                try keyVerifier(key.publicJWK).verify(token, now: now, remembering: &known)
            }
        }
        #expect(known.count == 0)
    }

    @Test("each token is read by its own header, whichever was read before it")
    func headers() throws {
        let keys = [try SigningKey.generate(.eddsa), try SigningKey.generate(.es256)]
        let verifier = keyVerifier(keys[0].publicJWK, keys[1].publicJWK)
        let tokens = try keys.map { key in
            try Forgery(header: #"{"alg":"\#(key.algorithm.rawValue)","typ":"at+jwt","kid":"\#(key.kid)"}"#)
                .signed(with: key)
        }
        var known = KnownSignatures(limit: 8)
        for number in [0, 1, 0, 0, 1] {
            let claims = try verifier.verify(tokens[number], now: now, remembering: &known).claims
            #expect(claims.sub == "alice")
        }
        #expect(known.count == 2)
        let critical = try Forgery(
            header: #"{"alg":"EdDSA","typ":"at+jwt","kid":"\#(keys[0].kid)","crit":[]}"#
        )
        .signed(with: keys[0])
        #expect(throws: TokenError.invalid(.critical)) {
            try verifier.verify(critical, now: now, remembering: &known)
        }
    }

    @Test("another signature under known claims is another token")
    func anotherSignature() {
        var known = KnownSignatures(limit: 8)
        let good = known.accepts("a.b.c") { true }
        #expect(good)
        let other = known.accepts("a.b.d") { false }
        #expect(!other)
    }

    @Test("it is bounded, and who was here lately is known longest")
    func bounded() {
        var known = KnownSignatures(limit: 4)
        for number in 0..<100 {
            #expect(known.accepts("\(number)") { true })
            #expect(known.accepts("regular") { number == 0 })
            #expect(known.count <= 4)
        }
        let forgotten = known.accepts("0") { false }
        #expect(!forgotten)
    }
}
