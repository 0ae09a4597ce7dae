import Testing

@testable import Tokens

@Suite struct VerificationKeyTests {
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    private struct Vector {
        let key: VerificationKey
        let input: [UInt8]
        let signature: [UInt8]

        init(_ key: VerificationKey, input: String, signature: String) throws {
            self.key = key
            self.input = Array(input.utf8)
            self.signature = try #require(Base64URL.decode(signature))
        }
    }

    /// RFC 7515, A.1.
    private func hs256() throws -> Vector {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
        return try Vector(
            .secret(HMACSecret(#require(Base64URL.decode(key)))),
            input: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + Self.payload,
            signature: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    }

    /// RFC 7515, A.3.
    private func es256() throws -> Vector {
        let material = JWK.Material.p256(
            x: try #require(Base64URL.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
            y: try #require(Base64URL.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")))
        return try Vector(
            .publicKey(KeyHandle(publicMaterial: material)),
            input: "eyJhbGciOiJFUzI1NiJ9." + Self.payload,
            signature:
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
    }

    /// RFC 8037, A.4 and A.5.
    private func eddsa() throws -> Vector {
        let x = try #require(Base64URL.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
        return try Vector(
            .publicKey(KeyHandle(publicMaterial: .ed25519(x: x))),
            input: "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            signature:
                "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
    }

    private func vector(_ algorithm: TokenAlgorithm) throws -> Vector {
        switch algorithm {
        case .eddsa: try eddsa()
        case .es256: try es256()
        case .hs256: try hs256()
        }
    }

    @Test(
        "the signatures of RFC 7515, A.1 and A.3, and of RFC 8037, A.4 hold",
        arguments: TokenAlgorithm.allCases)
    func holds(algorithm: TokenAlgorithm) throws {
        let vector = try vector(algorithm)
        #expect(vector.key.algorithm == algorithm)
        #expect(vector.key.accepts(vector.signature, of: vector.input))
    }

    @Test("each bit of a signature matters", arguments: TokenAlgorithm.allCases)
    func everyBit(algorithm: TokenAlgorithm) throws {
        let vector = try vector(algorithm)
        for position in vector.signature.indices {
            for bit in 0..<8 {
                var damaged = vector.signature
                damaged[position] ^= 1 << UInt8(bit)
                #expect(!vector.key.accepts(damaged, of: vector.input))
            }
        }
    }

    @Test("a signature of another length is none", arguments: TokenAlgorithm.allCases)
    func length(algorithm: TokenAlgorithm) throws {
        let vector = try vector(algorithm)
        let whole = vector.signature
        let middle = whole.count / 2
        let lengths: [[UInt8]] = [
            [], whole.dropLast(), whole + [0], [0] + whole, whole[..<middle] + [0] + whole[middle...],
        ]
        for signature in lengths {
            #expect(!vector.key.accepts(signature, of: vector.input))
        }
    }

    @Test("r and s of zero, or in DER, are no ES256 signature (RFC 8725, section 2.3)")
    func es256Forms() throws {
        let vector = try es256()
        let der = try #require(ECDSASignature.der(raw: vector.signature))
        #expect(ECDSASignature.raw(der: der) == vector.signature)
        #expect(!vector.key.accepts(der, of: vector.input))
        #expect(!vector.key.accepts([UInt8](repeating: 0, count: 64), of: vector.input))
    }

    @Test("another input has another signature", arguments: TokenAlgorithm.allCases)
    func otherInput(algorithm: TokenAlgorithm) throws {
        let vector = try vector(algorithm)
        #expect(!vector.key.accepts(vector.signature, of: vector.input + [0]))
        #expect(!vector.key.accepts(vector.signature, of: []))
    }
}
