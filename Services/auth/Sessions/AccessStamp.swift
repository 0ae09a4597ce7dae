import Tokens

/// What makes one access token differ from the next of its session: its own name and its times.
struct AccessStamp: Hashable, Sendable {
    var jti: String
    var issued: Int64
    var expires: Int64
}

/// An access token that is wished for; the second in which it is issued shows once its session is locked.
struct StampWish {
    let jti: String
    let nowMilliseconds: Int64
    /// How long the token, and its session if it is not renewed, are good, in seconds.
    let access: Int64
    let refresh: Int64

    init(nowMilliseconds: Int64, lifetimes: TokenLifetimes) throws(TokenError) {
        jti = Base64URL.encode(try SecureRandom.bytes(16))
        self.nowMilliseconds = nowMilliseconds
        access = Int64(lifetimes.access)
        refresh = Int64(lifetimes.refresh)
    }

    /// In seconds.
    var now: Int64 { nowMilliseconds / 1000 }
    var sessionExpires: Int64 { now + refresh }

    /// Not issued before now, nor in a second whose tokens have been taken back: it must not be taken for one of them.
    func stamp(issued: Int64) -> AccessStamp {
        AccessStamp(jti: jti, issued: issued, expires: issued + access)
    }
}
