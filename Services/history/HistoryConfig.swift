import Access
import Bus
import Hosting
import Postgres
import Redis

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
        redis = settings.redis()
        postgres = settings.database(schema: "history") { PostgresURL($0) }
        postgresPool = settings.int(
            "POSTGRES_POOL", default: 4, in: 2...100,
            help: "Connections to PostgreSQL: one writes, the others read.")
        tokens = settings.tokens()
        recent = RecentSettings(&settings)
        partitionsAhead = settings.int(
            "PARTITIONS_AHEAD", default: 2, in: 1...24, unit: "months",
            help: "How many months ahead of time tables are made.")
    }
}

/// How much of a room's log stays in Redis once the archive has it.
struct RecentSettings: Sendable {
    /// Seconds for which it outlives the room's last message at least; about twice as long at most.
    var seconds = 600
    /// How many of the newest seqs stay.
    var keep = 1_000

    init() {}

    init(_ settings: inout Settings) {
        seconds = settings.seconds(
            "RECENT_SECONDS", default: 600,
            help: "How long a room's recent log outlives its last message; up to about twice that.")
        keep = settings.recentKeep()
    }
}
