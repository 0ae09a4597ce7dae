import Engine
import Hosting
import Postgres

/// Makes the monthly tables of the archive: ahead of time, and when an entry needs one that is missing.
///
/// Belongs to its loop.
final class MonthPartitions {
    private let postgres: PostgresClient
    private let loop: EventLoop
    private let log: Log
    private let ahead: Int
    private var known: Set<Month> = []
    private var timer: Timer?

    // A day is soon enough: tables are made months ahead. A try that failed is repeated sooner.
    private static let intervalMilliseconds = 86_400_000
    private static let retryMilliseconds = 60_000

    init(loop: EventLoop, postgres: PostgresClient, ahead: Int, log: Log) {
        self.loop = loop
        self.postgres = postgres
        self.ahead = ahead
        self.log = log
    }

    /// Makes the tables of this month and the next ones, now and each day.
    func start() { check() }

    func stop() { timer?.cancel() }

    /// Forgets which tables there are: somebody may have dropped one.
    func forget() { known = [] }

    /// Makes the tables of these months where they are missing.
    func ensure(_ months: Set<Month>) async throws {
        let missing = months.subtracting(known).sorted()
        guard !missing.isEmpty else { return }
        try await postgres.transaction { transaction in
            // IF NOT EXISTS alone does not keep two instances from colliding.
            try await transaction.query("SELECT pg_advisory_xact_lock(hashtext('history.messages'))")
            for month in missing { try await make(month, in: transaction) }
        }
        known.formUnion(missing)
    }

    private func make(_ month: Month, in transaction: PostgresTransaction) async throws {
        let table = "history.messages_\(month.suffix)"
        let found = try await transaction.query(
            "SELECT to_regclass($1) IS NOT NULL AS exists", [.text(table)])
        guard try found.first?["exists"].bool != true else { return }
        try await transaction.query(
            """
            CREATE TABLE \(table) PARTITION OF history.messages
            FOR VALUES FROM ('\(month.start)') TO ('\(month.next.start)')
            """)
        try await transaction.query(
            "CREATE UNIQUE INDEX messages_\(month.suffix)_place ON \(table) (room, seq, epoch)")
        log.info("made a table", ["table": .string(table)])
    }

    private func check() {
        weak let this = self
        loop.spawn { await this?.makeAhead() }
    }

    private func makeAhead() async {
        var wait = MonthPartitions.intervalMilliseconds
        do {
            if let month = Month(containing: WallClock.milliseconds()) {
                try await ensure(Set(month.and(ahead: ahead)))
            }
        } catch {
            log.warn("cannot make tables ahead", .error(error))
            wait = MonthPartitions.retryMilliseconds
        }
        timer = loop.schedule(afterMilliseconds: wait) { [weak self] in self?.check() }
    }
}
