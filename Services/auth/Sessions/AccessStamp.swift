import Tokens

/// What makes one access token differ from the next of its session: its own name and its times.
struct AccessStamp: Hashable, Sendable {
    var jti: String
    var issued: Int64
    var expires: Int64

    /// Stamps a token of now.
    ///
    /// It is not issued before `earliest`: tokens of before that second are revoked, and this one must not be
    /// taken for one of them.
    static func make(now: Int64, earliest: Int64, lifetime: Int) throws(TokenError) -> AccessStamp {
        let issued = max(now, earliest)
        return AccessStamp(
            jti: Base64URL.encode(try SecureRandom.bytes(16)), issued: issued,
            expires: issued + Int64(lifetime))
    }
}
