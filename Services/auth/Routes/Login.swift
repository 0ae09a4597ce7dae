import Access
import Engine
import Schema
import Tokens
import Web

/// Answers `POST /auth/login`.
final class Login: Operation {
    private let accounts: PostgresAccounts
    private let passwords: Passwords
    private let sessions: LoginSessions
    private let proxies: TrustedProxies
    private let metrics: AuthMetrics
    /// Nil where limits are off.
    private var throttle: LoginThrottle?
    private let clock: () -> Instant

    init(
        accounts: PostgresAccounts, passwords: Passwords, sessions: LoginSessions, proxies: TrustedProxies,
        throttle: LoginThrottle?, clock: @escaping () -> Instant, metrics: AuthMetrics
    ) {
        self.accounts = accounts
        self.passwords = passwords
        self.sessions = sessions
        self.proxies = proxies
        self.throttle = throttle
        self.clock = clock
        self.metrics = metrics
    }

    private struct Body: Decodable {
        let username: String
        let password: String
    }

    private func throttled(_ seconds: Int) -> Problem {
        var problem = Problem(.rateLimited, retryAfterSeconds: seconds)
        let (free, window) = (LoginThrottle.freeFailures, LoginThrottle.memorySeconds)
        problem.headers["RateLimit-Policy"] = "\"login\";q=\(free);w=\(window)"
        problem.headers["RateLimit"] = "\"login\";r=0;t=\(seconds)"
        return problem
    }

    func answer(_ request: Request) async throws -> Response {
        let body = try request.json(Body.self)
        let key = LoginThrottle.Key(
            user: String(body.username.prefix(32)), address: proxies.client(of: request))
        if let seconds = throttle?.begin(key, now: now) {
            metrics.count(login: .throttled)
            throw throttled(seconds)
        }
        let account: Account?
        do { account = try await verified(body) } catch {
            throttle?.abandoned(key, now: now)
            throw error
        }
        guard let account else {
            throttle?.failed(key, now: now)
            metrics.count(login: .failure)
            throw ErrorCode.invalidCredentials
        }
        throttle?.succeeded(key, now: now)
        metrics.count(login: .success)
        return .json(try await sessions.open(for: account), headers: ["Cache-Control": "no-store"])
    }

    /// The account, if there is one and this is its password; what is missing takes as long as what is wrong.
    private func verified(_ body: Body) async throws -> Account? {
        var account: Account?
        if let user = UserHandle(body.username) { account = try await accounts.find(user) }
        switch try await passwords.verify(body.password, against: account?.password) {
        case .mismatch: return nil
        case .match(let needsRehash):
            if needsRehash { await rehash(account, body.password) }
            return account
        }
    }

    /// The cost has been changed since: the log-in goes on where this does not succeed.
    private func rehash(_ account: Account?, _ password: String) async {
        guard let account, let old = account.password, let new = try? await passwords.hash(password) else {
            return
        }
        try? await accounts.rehash(old, to: new, of: account.user)
    }

    private var now: Int64 { clock().milliseconds / 1000 }
}
