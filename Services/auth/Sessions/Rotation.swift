/// A refresh token as it is stored, with its session and its owner.
struct StoredRefreshToken: Hashable, Sendable {
    var account: Account
    var sessionID: String
    var sessionSecret: [UInt8]
    var isSessionRevoked = false
    /// In seconds.
    var expires: Int64
    /// When it was exchanged, and for which access token; nil while it never was.
    var exchange: Exchange?

    struct Exchange: Hashable, Sendable {
        var milliseconds: Int64
        var stamp: AccessStamp
        /// Whether the refresh token given for it has been exchanged as well.
        var isChildUsed: Bool
    }
}

/// What becomes of a refresh token that is shown.
enum Rotation: Equatable {
    /// Two tabs may refresh at once: for so long the second gets what the first got.
    static let graceMilliseconds: Int64 = 10_000

    /// Exchange it.
    case exchange
    /// Give the same answer again.
    case repeated(AccessStamp)
    /// It was exchanged before: it, or its successor, is in the wrong hands, and the session must end.
    case reuse
    /// It is too old.
    case expired
    /// Its session has ended.
    case revoked

    static func decide(_ token: StoredRefreshToken, nowMilliseconds now: Int64) -> Rotation {
        if token.isSessionRevoked { return .revoked }
        guard let exchange = token.exchange else {
            return token.expires > now / 1000 ? .exchange : .expired
        }
        let isFresh = now - exchange.milliseconds <= graceMilliseconds
        return isFresh && !exchange.isChildUsed ? .repeated(exchange.stamp) : .reuse
    }
}
