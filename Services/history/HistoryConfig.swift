import Bus
import Hosting
import Postgres
import Redis
import Tokens

/// Every setting of history.
struct HistoryConfig: ServiceConfiguration {
    let hosting: HostingSettings
    let redis: RedisAddress
    let postgres: PostgresURL
    let postgresPool: Int
    let tokens: TokenSettings
    let recent: RecentSettings
    let partitionsAhead: Int

    init(from settings: inout Settings) {
        hosting = settings.hosting(port: 8082)
        redis = settings.parsed(
            "REDIS_URL", default: "redis://127.0.0.1:8079", expects: "a redis:// URL",
            help: "The bus: Redis 7."
        ) { try? RedisAddress(url: $0) }
        postgres = settings.parsed(
            "DATABASE_URL", default: "postgres://parley@127.0.0.1:8078/parley", expects: "a postgres:// URL",
            help: "The archive: PostgreSQL 15, schema history."
        ) { PostgresURL($0) }
        postgresPool = settings.int(
            "POSTGRES_POOL", default: 4, in: 2...100,
            help: "Connections to PostgreSQL; all but one may be writing at a time.")
        tokens = HistoryConfig.tokens(&settings)
        recent = RecentSettings(&settings)
        partitionsAhead = settings.int(
            "PARTITIONS_AHEAD", default: 2, in: 1...24, unit: "months",
            help: "How many months ahead of time tables are made.")
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

/// How much of a room's log stays in Redis once the archive has it.
struct RecentSettings: Sendable {
    /// Seconds for which it outlives the room's last message.
    var seconds = 600
    /// How many of the newest seqs stay.
    var keep = 1_000

    init() {}

    init(_ settings: inout Settings) {
        seconds = settings.seconds(
            "RECENT_SECONDS", default: 600, help: "How long a room's recent log outlives its last message.")
        keep = settings.int(
            "RECENT_KEEP", default: 1_000, in: 1...20_000, help: "How many envelopes of a room stay recent.")
    }
}
