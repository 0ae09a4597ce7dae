import Testing

@testable import Tokens

@Suite struct KeySetTests {
    private static let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    private static let ed25519 = #""kty":"OKP","crv":"Ed25519","x":"\#(x)""#

    private func kids(_ json: String) throws -> [String] {
        try KeySet(json: json.utf8).keys.map(\.kid)
    }

    @Test("a set comes back as it was written")
    func roundTrip() throws {
        let set = KeySet(keys: [
            try SigningKey.generate(.eddsa).publicJWK, try SigningKey.generate(.es256).publicJWK,
        ])
        #expect(try KeySet(json: set.json()) == set)
        #expect(try KeySet(json: KeySet().json()) == KeySet())
    }

    @Test("a key is written with what verifiers look for")
    func members() throws {
        let key = JWK(.ed25519(x: try #require(Base64URL.decode(Self.x))), kid: "k-1")
        #expect(
            String(decoding: try KeySet(keys: [key]).json(), as: UTF8.self)
                == #"{"keys":[{"alg":"EdDSA","crv":"Ed25519","kid":"k-1","kty":"OKP","use":"sig","x":"\#(Self.x)"}]}"#
        )
    }

    @Test("unknown members are ignored, unknown and unusable keys left out")
    func tolerance() throws {
        let json = """
            {"issuer":"x","keys":[
              {"kty":"RSA","n":"AQAB","e":"AQAB","kid":"rsa"},
              {"kty":"oct","k":"AAAA","kid":"secret"},
              {"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA","kid":"new"},
              {"kty":"OKP","crv":"Ed448","x":"\(Self.x)","kid":"448"},
              {\(Self.ed25519),"kid":"enc","use":"enc"},
              {\(Self.ed25519),"kid":"sign-only","key_ops":["sign"]},
              {\(Self.ed25519),"kid":"lying","alg":"HS256"},
              {\(Self.ed25519),"kid":7},
              {"kty":"OKP","crv":"Ed25519","x":"AAAA","kid":"short"},
              {"kty":"OKP","crv":"Ed25519","x":"\(Self.x)=","kid":"padded"},
              null, 5, "text", [],
              {\(Self.ed25519),"kid":"good","use":"sig","key_ops":["verify"],"alg":"EdDSA","x5t":"?","exp":{"a":[1]}}
            ]}
            """
        #expect(try kids(json) == ["good"])
    }

    @Test("a key without a name is called by its thumbprint")
    func nameless() throws {
        #expect(try kids("{\"keys\":[{\(Self.ed25519)}]}") == ["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"])
    }

    @Test("what is no set is refused", arguments: ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":null}"#])
    func notSets(json: String) {
        #expect(throws: TokenError.unreadableKey) { try KeySet(json: json.utf8) }
    }

    @Test("a verifier leaves out a point that is not on the curve")
    func offCurve() throws {
        let key = try SigningKey.generate(.es256)
        let bent = JWK(
            .p256(x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 1, count: 32)), kid: key.kid)
        let token = try TokenSigner(key: key).sign(goodClaims)
        #expect(throws: TokenError.invalid(.unknownKey)) { try keyVerifier(bent).verify(token, now: now) }
        #expect(throws: TokenError.unreadableKey) { try KeyHandle(publicMaterial: bent.material) }
    }
}
