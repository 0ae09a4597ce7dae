/// A public key for signatures, as RFC 7517 and RFC 8037 write it.
///
/// Only keys we can verify with can be made or decoded: Ed25519 and P-256. The algorithm follows from the key, and
/// a written `alg` that says otherwise makes the key unreadable (RFC 8725, section 3.1).
public struct JWK: Hashable, Sendable {
    /// The name tokens call this key by; where the text gives none, the thumbprint.
    public let kid: String
    let material: Material

    /// The point of the key, in coordinates of 32 bytes.
    enum Material: Hashable, Sendable {
        case ed25519(x: [UInt8])
        case p256(x: [UInt8], y: [UInt8])
    }

    init(_ material: Material, kid: String? = nil) {
        self.material = material
        self.kid = kid ?? material.thumbprint
    }

    /// The only algorithm this key may be used with.
    public var algorithm: TokenAlgorithm {
        switch material {
        case .ed25519: .eddsa
        case .p256: .es256
        }
    }

    /// The key's own name: the SHA-256 of its required members in base64url (RFC 7638).
    public var thumbprint: String {
        material.thumbprint
    }
}

extension JWK.Material {
    static let coordinateBytes = 32

    var thumbprint: String {
        // Exactly the required members, in lexical order, without white space (RFC 7638, section 3.2).
        let canonical =
            switch self {
            case .ed25519(let x):
                #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.encode(x))"}"#
            case .p256(let x, let y):
                #"{"crv":"P-256","kty":"EC","x":"\#(Base64URL.encode(x))","y":"\#(Base64URL.encode(y))"}"#
            }
        return Base64URL.encode(Digest.sha256(Array(canonical.utf8)))
    }
}

extension JWK: Codable {
    private enum CodingKeys: String, CodingKey {
        case kty, crv, x, y, kid, alg, use, keyOperations = "key_ops"
    }

    /// Reads a key, ignoring members we do not know; throws for keys that are not for verifying, or not of our kinds.
    public init(from decoder: any Decoder) throws {
        let key = try decoder.container(keyedBy: CodingKeys.self)
        let x = try Self.coordinate(.x, of: key)
        let kind = (try key.decode(String.self, forKey: .kty), try key.decode(String.self, forKey: .crv))
        let kid = try key.decodeIfPresent(String.self, forKey: .kid)
        switch kind {
        case ("OKP", "Ed25519"): self.init(.ed25519(x: x), kid: kid)
        case ("EC", "P-256"): self.init(.p256(x: x, y: try Self.coordinate(.y, of: key)), kid: kid)
        default: throw TokenError.unsupportedKey
        }
        try checkPurpose(key)
    }

    /// Writes the key as `/.well-known/jwks.json` shows it.
    public func encode(to encoder: any Encoder) throws {
        var key = encoder.container(keyedBy: CodingKeys.self)
        try key.encode(kid, forKey: .kid)
        try key.encode(algorithm, forKey: .alg)
        try key.encode("sig", forKey: .use)
        switch material {
        case .ed25519(let x):
            try key.encode("OKP", forKey: .kty)
            try key.encode("Ed25519", forKey: .crv)
            try key.encode(Base64URL.encode(x), forKey: .x)
        case .p256(let x, let y):
            try key.encode("EC", forKey: .kty)
            try key.encode("P-256", forKey: .crv)
            try key.encode(Base64URL.encode(x), forKey: .x)
            try key.encode(Base64URL.encode(y), forKey: .y)
        }
    }

    private func checkPurpose(_ key: KeyedDecodingContainer<CodingKeys>) throws {
        let algorithm = try key.decodeIfPresent(String.self, forKey: .alg) ?? self.algorithm.rawValue
        let use = try key.decodeIfPresent(String.self, forKey: .use) ?? "sig"
        let operations = try key.decodeIfPresent([String].self, forKey: .keyOperations) ?? ["verify"]
        guard algorithm == self.algorithm.rawValue, use == "sig", operations.contains("verify") else {
            throw TokenError.unsupportedKey
        }
    }

    private static func coordinate(
        _ name: CodingKeys, of key: KeyedDecodingContainer<CodingKeys>
    ) throws -> [UInt8] {
        guard let bytes = Base64URL.decode(try key.decode(String.self, forKey: name)),
            bytes.count == Material.coordinateBytes
        else { throw TokenError.unreadableKey }
        return bytes
    }
}
