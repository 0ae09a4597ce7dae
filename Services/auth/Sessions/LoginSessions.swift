import Engine
import Postgres
import Schema
import Tokens

/// Opens login sessions, and renews them by rotating their refresh tokens.
final class LoginSessions {
    private let store: PostgresSessions
    private let revocations: Revocations
    private let keys: KeyRing
    private let lifetimes: TokenLifetimes

    init(store: PostgresSessions, revocations: Revocations, keys: KeyRing, lifetimes: TokenLifetimes) {
        self.store = store
        self.revocations = revocations
        self.keys = keys
        self.lifetimes = lifetimes
    }

    /// Begins a session for somebody who has shown who they are; nil where their password has been changed since.
    func open(for account: Account) async throws -> LoginAnswer? {
        try await begin(for: account) { try await store.insert($0, of: account, token: $1, $2) }
    }

    /// Makes an account with its first session; nil where the handle is taken.
    func register(_ account: Account) async throws -> LoginAnswer? {
        try await begin(for: account) { try await store.insert($0, ofNew: account, token: $1, $2) }
    }

    private func begin(
        for account: Account, _ insert: (String, RefreshToken, StampWish) async throws -> AccessStamp?
    ) async throws -> LoginAnswer? {
        let sessionID = Base64URL.encode(try SecureRandom.bytes(16))
        let token = try RefreshToken.random()
        let wish = try StampWish(nowMilliseconds: WallClock.milliseconds(), lifetimes: lifetimes)
        guard let stamp = try await insert(sessionID, token, wish) else { return nil }
        return try answer(account, sessionID, stamp, token)
    }

    /// Exchanges a refresh token, or throws `tokenInvalid`, `tokenExpired` or `tokenRevoked`.
    func refresh(_ token: RefreshToken) async throws -> LoginAnswer {
        // Who loses the race for the exchange looks again, and finds that it has just been made.
        for _ in 0..<3 {
            guard let stored = try await store.find(token) else { throw ErrorCode.tokenInvalid }
            let now = WallClock.milliseconds()
            switch Rotation.decide(stored, nowMilliseconds: now) {
            case .exchange:
                guard let answer = try await exchange(token, stored, nowMilliseconds: now) else { continue }
                return answer
            case .repeated(let stamp):
                let child = try token.child(secret: stored.sessionSecret)
                return try answer(stored.account, stored.sessionID, stamp, child)
            case .reuse:
                try await revocations.endSessions([stored.sessionID], now: now / 1000)
                throw ErrorCode.tokenRevoked
            case .expired: throw ErrorCode.tokenExpired
            case .revoked: throw ErrorCode.tokenRevoked
            }
        }
        throw ErrorCode.overloaded
    }

    private func exchange(
        _ token: RefreshToken, _ stored: StoredRefreshToken, nowMilliseconds now: Int64
    ) async throws -> LoginAnswer? {
        let child = try token.child(secret: stored.sessionSecret)
        let wish = try StampWish(nowMilliseconds: now, lifetimes: lifetimes)
        let stamp = try await store.exchange(token, of: stored.sessionID, for: child, wish)
        return try stamp.map { try answer(stored.account, stored.sessionID, $0, child) }
    }

    private func answer(
        _ account: Account, _ sessionID: String, _ stamp: AccessStamp, _ token: RefreshToken
    ) throws -> LoginAnswer {
        guard let issuer = keys.issuer else { throw ErrorCode.serviceUnavailable }
        return LoginAnswer(
            accessToken: try issuer.token(for: account, sessionID: sessionID, stamp: stamp),
            expiresIn: lifetimes.access, refreshToken: token.text, refreshExpiresIn: lifetimes.refresh,
            user: AccountView(account))
    }
}

/// The body of a login, with the names of RFC 6749, section 5.1.
struct LoginAnswer: Encodable {
    let accessToken: String
    private(set) var tokenType = "Bearer"
    let expiresIn: Int
    let refreshToken: String
    let refreshExpiresIn: Int
    let user: AccountView

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
        case refreshExpiresIn = "refresh_expires_in"
        case user
    }
}
