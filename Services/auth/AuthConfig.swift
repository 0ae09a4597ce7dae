import Access
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
    let isRegistrationOpen: Bool
    let hasLimits: Bool
    let loginFailuresPerAddress: Int
    let roomChangesPerUser: Int

    init(from settings: inout Settings) {
        hosting = settings.hosting(port: 8081)
        redis = settings.redis()
        postgres = settings.database(schema: "auth") { PostgresURL($0) }
        postgresPool = settings.int(
            "POSTGRES_POOL", default: 8, in: 2...100, help: "Connections to PostgreSQL.")
        tokens = settings.tokens()
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
            "ADMIN_PASSWORD", minimumBytes: 8,
            help: "The password of the first administrator; no other account gets it.")
        isRegistrationOpen = settings.bool(
            "REGISTRATION", default: true,
            help: "off: nobody makes an account by themselves; auth create-user NAME makes one.")
        hasLimits = settings.hasLimits()
        let failures = settings.int(
            "MAX_LOGIN_FAILURES_PER_IP", default: 100, in: 0...1_000_000, unit: "failures",
            help: "Wrong passwords of one address (IPv6: one /64) in a quarter of an hour; 0 is no limit.")
        loginFailuresPerAddress = hasLimits ? failures : 0
        let changes = settings.int(
            "MAX_ROOM_CHANGES_PER_USER", default: 20_000, in: 0...1_000_000, unit: "changes",
            help: "Rooms that a user makes and memberships they change by REST, in an hour; 0 is no limit.")
        roomChangesPerUser = hasLimits ? changes : 0
    }

    /// For how long a token of a login session may be good: with a shared secret others issue them too, and
    /// theirs may live as long as a login session.
    ///
    /// `ACCESS_TOKEN_TTL` may have been more than it is: a day at most.
    var longestTokenSeconds: Int {
        max(TokenLifetimes.longestAccess, tokens.algorithm == .hs256 ? lifetimes.refresh : 0)
    }
}

/// How long what auth gives out is good for, in seconds.
struct TokenLifetimes: Sendable {
    var access = 900
    var refresh = 2_592_000
    var ticket = 30

    /// The most that `access` can be.
    static let longestAccess = 86_400

    init() {}

    init(_ settings: inout Settings) {
        access = settings.seconds(
            "ACCESS_TOKEN_TTL", default: 900, in: 1...Self.longestAccess,
            help: "How long an access token is good.")
        refresh = settings.seconds(
            "REFRESH_TOKEN_TTL", default: 2_592_000, help: "How long a login session lives unused.")
        ticket = settings.seconds(
            "TICKET_TTL", default: 30, in: 1...600, help: "How long a one-time ticket is good.")
    }
}
