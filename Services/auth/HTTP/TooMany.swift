import Access
import Schema
import Web

/// Why a request is not even looked at: its sender has done too much of the like.
struct TooMany: Error {
    /// What of, by the name that the answer gives it.
    let policy: String
    /// How much goes in how many seconds.
    let quota: Int
    let windowSeconds: Int
    let retryAfterSeconds: Int
}

extension Problem {
    /// 429, with the fields `RateLimit` and `RateLimit-Policy`.
    init(_ error: TooMany) {
        self.init(.rateLimited, retryAfterSeconds: error.retryAfterSeconds)
        headers["RateLimit-Policy"] = "\"\(error.policy)\";q=\(error.quota);w=\(error.windowSeconds)"
        headers["RateLimit"] = "\"\(error.policy)\";r=0;t=\(error.retryAfterSeconds)"
    }
}
