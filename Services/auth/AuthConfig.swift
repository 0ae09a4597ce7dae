import Bus
import Hosting
import Postgres
import Redis
import Schema
import Tokens
import Web

/// Every setting of auth.
struct AuthConfig: ServiceConfiguration {
    let hosting: HostingSettings
    let redis: RedisAddress
    let postgres: PostgresURL
    let postgresPool: Int
    let tokens: TokenSettings
    let lifetimes: TokenLifetimes
    let passwordCost: ScryptParameters
    let passwordWorkers: Int
    let administrator: UserHandle
    let administratorPassword: Secret?
    let trustedProxies: TrustedProxies
    let hasLimits: Bool

    init(from settings: inout Settings) {
        hosting = settings.hosting(port: 8081)
        redis = settings.parsed(
            "REDIS_URL", default: "redis://127.0.0.1:8079", expects: "a redis:// URL",
            help: "The bus: Redis 7."
        ) { try? RedisAddress(url: $0) }
        postgres = settings.parsed(
            "DATABASE_URL", default: "postgres://parley@127.0.0.1:8078/parley", expects: "a postgres:// URL",
            help: "The record: PostgreSQL 15, schema auth."
        ) { PostgresURL($0) }
        postgresPool = settings.int(
            "POSTGRES_POOL", default: 8, in: 2...100, help: "Connections to PostgreSQL.")
        tokens = AuthConfig.tokens(&settings)
        lifetimes = TokenLifetimes(&settings)
        let logN = settings.int(
            "SCRYPT_LOG_N", default: 17, in: 14...20,
            help: "Cost of a password hash: 2^N blocks of 1 KiB; 17 takes 128 MiB and 0.4 s.")
        passwordCost = ScryptParameters(ln: logN, r: 8, p: 1) ?? .standard
        passwordWorkers = settings.int(
            "PASSWORD_WORKERS", default: 2, in: 1...64, help: "Password hashes computed at once.")
        administrator = settings.parsed(
            "ADMIN_USERNAME", default: "admin", expects: "a handle",
            help: "The first administrator, made where there is none and ADMIN_PASSWORD is set."
        ) { UserHandle($0) }
        administratorPassword = settings.secret(
            "ADMIN_PASSWORD", minimumBytes: 8, help: "The password of an administrator that is made.")
        trustedProxies = settings.parsed(
            "TRUSTED_PROXIES", default: "", expects: "a list of addresses and ranges",
            help: "Proxies whose X-Forwarded-For is believed, such as 127.0.0.0/8,::1."
        ) { TrustedProxies($0) }
        hasLimits = settings.bool(
            "LIMITS", default: true, help: "off lifts every limit of rate and count.")
    }

    /// For how long a token that somebody may hold is good: with a shared secret others issue them too, and
    /// theirs may live as long as a login session.
    var longestTokenSeconds: Int {
        tokens.algorithm == .hs256 ? max(lifetimes.access, lifetimes.refresh) : lifetimes.access
    }

    private static func tokens(_ settings: inout Settings) -> TokenSettings {
        let algorithm = settings.choice(
            "JWT_ALGORITHM", default: TokenAlgorithm.eddsa, help: "How access tokens are signed.")
        let secret = settings.secret(
            "JWT_SECRET", minimumBytes: 32, help: "The shared secret of HS256, the same for all services.")
        if algorithm == .hs256, secret == nil {
            settings.reject("JWT_SECRET", because: "is needed where JWT_ALGORITHM is HS256")
        }
        return TokenSettings(
            algorithm: algorithm, secret: Array((secret?.value ?? "").utf8),
            issuer: settings.string("JWT_ISSUER", default: "parley", help: "The iss of access tokens."),
            audience: settings.string("JWT_AUDIENCE", default: "parley", help: "The aud of access tokens."))
    }
}

/// How long what auth gives out is good for, in seconds.
struct TokenLifetimes: Sendable {
    var access = 900
    var refresh = 2_592_000
    var ticket = 30

    init() {}

    init(_ settings: inout Settings) {
        access = settings.seconds(
            "ACCESS_TOKEN_TTL", default: 900, in: 1...86_400, help: "How long an access token is good.")
        refresh = settings.seconds(
            "REFRESH_TOKEN_TTL", default: 2_592_000, help: "How long a login session lives unused.")
        ticket = settings.seconds(
            "TICKET_TTL", default: 30, in: 1...600, help: "How long a one-time ticket is good.")
    }
}
