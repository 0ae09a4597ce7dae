/// The signature algorithms we speak (RFC 7518, section 3.1; RFC 8037, section 3.1).
///
/// `none` and RSA cannot be spelt here, so no header can ask for them.
public enum TokenAlgorithm: String, Codable, CaseIterable, Hashable, Sendable {
    /// Ed25519.
    case eddsa = "EdDSA"
    /// ECDSA over P-256 with SHA-256; the signature is r and s, 32 bytes each.
    case es256 = "ES256"
    /// HMAC with SHA-256, for those who need one shared secret.
    case hs256 = "HS256"
}
