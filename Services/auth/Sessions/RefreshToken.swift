import Tokens

/// A refresh token: 32 bytes that nobody can guess, as base64url.
///
/// Only its digest is stored. Its successor follows from it and from a secret of the login session: so the
/// same successor can be given twice, and neither the database alone nor a stolen token alone yields it.
struct RefreshToken: Equatable {
    static let byteCount = 32

    let bytes: [UInt8]

    static func random() throws(TokenError) -> RefreshToken {
        RefreshToken(bytes: try SecureRandom.bytes(byteCount))
    }

    /// Reads what a client shows; nil for what can be no token.
    init?(_ text: String) {
        guard let bytes = Base64URL.decode(text), bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    var text: String { Base64URL.encode(bytes) }
    var digest: [UInt8] { Digest.sha256(bytes) }

    func child(secret: [UInt8]) throws(TokenError) -> RefreshToken {
        RefreshToken(bytes: try Digest.hmacSHA256(bytes, key: secret))
    }
}
