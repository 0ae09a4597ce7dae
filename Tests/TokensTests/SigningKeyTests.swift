import Testing

@testable import Tokens

@Suite struct SigningKeyTests {
    @Test("the key of RFC 8037, A.1 has the public half of A.2 and the thumbprint of A.3")
    func ed25519() throws {
        let key = try SigningKey(pem: privatePEM(.ed25519, d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
        #expect(key.algorithm == .eddsa)
        #expect(
            key.publicJWK.material
                == .ed25519(x: try #require(Base64URL.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))))
        #expect(key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        #expect(key.publicJWK.thumbprint == key.kid)
    }

    @Test("Ed25519 signs as RFC 8037, A.4")
    func ed25519Signature() throws {
        let key = try SigningKey(pem: privatePEM(.ed25519, d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
        let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        #expect(
            Base64URL.encode(try key.handle.sign(Array(input.utf8)))
                == "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
    }

    @Test("the key of RFC 7515, A.3 has its public half")
    func p256() throws {
        let key = try SigningKey(pem: privatePEM(.p256, d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"))
        #expect(key.algorithm == .es256)
        #expect(
            key.publicJWK.material
                == .p256(
                    x: try #require(Base64URL.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
                    y: try #require(Base64URL.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))))
    }

    @Test("a key comes back from its PEM", arguments: [TokenAlgorithm.eddsa, .es256])
    func roundTrip(algorithm: TokenAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        #expect(key.pem.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        let again = try SigningKey(pem: key.pem)
        #expect(again.publicJWK == key.publicJWK)
        #expect(again.pem == key.pem)
        #expect(again.algorithm == algorithm)
        #expect(try SigningKey.generate(algorithm).kid != key.kid)
    }

    @Test("a P-256 signature is r and s, 32 bytes each, also where one begins with zeros")
    func p256SignatureLength() throws {
        let key = try SigningKey.generate(.es256)
        for number in 0..<600 {
            let message = Array("\(number)".utf8)
            let signature = try key.handle.sign(message)
            #expect(signature.count == 64)
            #expect(key.handle.verifies(signature, of: message))
        }
    }

    @Test("there is no key for HS256")
    func noSecretKeys() {
        #expect(throws: TokenError.unsupportedKey) { try SigningKey.generate(.hs256) }
    }

    @Test("keys of other kinds are refused", arguments: ForeignKeys.unsupported)
    func otherKinds(pem: String) {
        #expect(throws: TokenError.unsupportedKey) { try SigningKey(pem: pem) }
    }

    @Test("what is no plain private key is refused without a question", arguments: ForeignKeys.unreadable)
    func unreadable(pem: String) {
        #expect(throws: TokenError.unreadableKey) { try SigningKey(pem: pem) }
    }

    @Test("a key never prints its secret")
    func description() throws {
        let key = try SigningKey.generate(.eddsa)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(text.contains(key.kid))
            #expect(!text.contains("PRIVATE"))
        }
    }
}
