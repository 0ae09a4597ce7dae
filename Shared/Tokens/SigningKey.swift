/// A private key that signs tokens: Ed25519, or P-256.
///
/// A key is a value that any thread may use. It prints as its public name, never as its secret.
public struct SigningKey: Sendable {
    /// The algorithm that belongs to this key.
    public var algorithm: TokenAlgorithm { publicJWK.algorithm }
    /// The key's name, which is its thumbprint (RFC 7638).
    public var kid: String { publicJWK.kid }
    /// The half that everybody may know.
    public let publicJWK: JWK
    /// The key as PKCS#8 in PEM, unencrypted: keep it where only the issuer can read it.
    public let pem: String

    let handle: KeyHandle

    /// Makes a new key; HS256 has secrets, not keys, and is refused.
    public static func generate(_ algorithm: TokenAlgorithm) throws(TokenError) -> SigningKey {
        switch algorithm {
        case .eddsa: try SigningKey(KeyHandle.generate(.ed25519))
        case .es256: try SigningKey(KeyHandle.generate(.p256))
        case .hs256: throw .unsupportedKey
        }
    }

    /// Reads an unencrypted private key in PEM and checks that its two halves belong together.
    public init(pem: String) throws(TokenError) {
        try self.init(KeyHandle(privatePEM: pem))
    }

    private init(_ handle: KeyHandle) throws(TokenError) {
        self.handle = handle
        publicJWK = JWK(try handle.publicMaterial())
        pem = try handle.privatePEM()
    }
}

extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Algorithm and name.
    public var description: String { "SigningKey(\(algorithm.rawValue), \(kid))" }
    /// The same as the description.
    public var debugDescription: String { description }
    /// A mirror without the secret, as `dump` and test failures print what mirrors show.
    public var customMirror: Mirror { Mirror(self, children: ["algorithm": algorithm, "kid": kid]) }
}
