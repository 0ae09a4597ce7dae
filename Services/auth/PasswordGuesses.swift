import Access
import Engine
import Schema
import Web

/// Where passwords are tried, those of one account from one address: at the log-in, and where one is changed.
///
/// Both count for the same, as who has somebody's token may not guess faster than who has not.
final class PasswordGuesses {
    /// Nil where limits are off.
    private var throttle: LoginThrottle?
    private let proxies: TrustedProxies
    private let clock: () -> Instant

    init(throttle: LoginThrottle?, proxies: TrustedProxies, clock: @escaping () -> Instant) {
        self.throttle = throttle
        self.proxies = proxies
        self.clock = clock
    }

    /// Why a try is not even looked at.
    struct TooMany: Error {
        let retryAfterSeconds: Int
    }

    /// Runs a try, which answers nil where the password is wrong; throws `TooMany` where it comes too soon.
    func run<T>(
        as user: String, by request: Request, _ body: () async throws -> T?
    ) async throws -> T? {
        let key = LoginThrottle.Key(user: String(user.prefix(32)), address: address(of: request))
        if let seconds = throttle?.begin(key, now: now) { throw TooMany(retryAfterSeconds: seconds) }
        let result: T?
        do { result = try await body() } catch {
            throttle?.abandoned(key, now: now)
            throw error
        }
        if result == nil {
            throttle?.failed(key, now: now)
        } else {
            throttle?.succeeded(key, now: now)
        }
        return result
    }

    /// Whom a request counts for.
    func address(of request: Request) -> AddressKey { AddressKey(proxies.client(of: request)) }

    private var now: Int64 { clock().milliseconds / 1000 }
}

extension Problem {
    /// The answer to who tries passwords too fast.
    init(_ error: PasswordGuesses.TooMany) {
        let seconds = error.retryAfterSeconds
        self.init(.rateLimited, retryAfterSeconds: seconds)
        let (free, window) = (LoginThrottle.freeFailures, LoginThrottle.memorySeconds)
        headers["RateLimit-Policy"] = "\"login\";q=\(free);w=\(window)"
        headers["RateLimit"] = "\"login\";r=0;t=\(seconds)"
    }
}
