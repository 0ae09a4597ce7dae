public import Engine

/// A pool of connections to one database, on one loop.
///
/// Lives on its loop: made, used and closed there. Connections are opened ahead and reopened by
/// themselves; while the server is away, a circuit breaker refuses calls at once and lets single probes
/// through. Nothing is ever retried that might have been done.
public final class PostgresClient {
    /// Told why a connection could not be opened, for the log: once per attempt.
    public var onConnectionFailure: ((String) -> Void)?

    private let loop: EventLoop
    private let pool: ConnectionPool
    private let settings: PostgresSettings
    private var breaker = CircuitBreaker()

    /// Makes a client that opens nothing before `start`; `name` is what `pg_stat_activity` shows.
    public init(
        loop: EventLoop, url: PostgresURL, poolSize: Int = 4, name: String,
        settings: PostgresSettings = PostgresSettings()
    ) {
        self.loop = loop
        self.settings = settings
        let parameters = StartupParameters(url: url, name: name, settings: settings)
        pool = ConnectionPool(loop: loop, parameters: parameters, size: poolSize)
    }

    /// Begins to open connections.
    ///
    /// Calls made before the first is open wait for it.
    public func start() {
        pool.onFailure = { [weak self] in self?.onConnectionFailure?($0) }
        pool.onOpened = { [weak self] in
            guard let self else { return }
            breaker.heardLife(now: loop.now.milliseconds)
        }
        pool.start()
    }

    /// Refuses new calls, lets those under way end within `closeTimeout`, and closes all connections.
    public func close() async { await pool.close() }

    /// How the pool stands.
    public var statistics: PostgresPoolStatistics { pool.statistics }

    /// Whether calls are let through at all.
    public var breakerState: CircuitBreaker.State { breaker.state }

    // MARK: Calls

    /// Runs one statement, in a transaction of its own.
    ///
    /// Prepared at its first use on each connection.
    @discardableResult
    public func query(
        _ sql: String, _ parameters: [PostgresValue] = []
    ) async throws(PostgresError) -> PostgresRows {
        try await pipeline([(sql, parameters)])[0]
    }

    /// Runs statements in one round trip and one transaction: if one fails, none has happened.
    @discardableResult
    public func pipeline(_ statements: [PostgresStatement]) async throws(PostgresError) -> [PostgresRows] {
        do {
            return try await attempt(statements)
        } catch {
            // Told before anything was executed, so this is the one thing safe to send twice.
            guard case .server(let failure) = error, failure.isStalePlan else { throw error }
            return try await attempt(statements)
        }
    }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// If the connection breaks at the commit, `disconnected` is thrown and whether it happened is unknown.
    public func transaction<T>(_ body: (PostgresTransaction) async throws -> T) async throws -> T {
        try await transaction(timeout: settings.replyTimeout, body)
    }

    /// Applies the migrations that `schema` lacks, in order, each in a transaction; several clients may try
    /// at once.
    ///
    /// Returns the numbers of those applied by this call. `tell` is called as it goes on, on the loop.
    @discardableResult
    public func migrate(
        _ migrations: [Migration], schema: String, tell: @escaping (SchemaProgress) -> Void = { _ in }
    ) async throws -> [Int] {
        let migrator = try Migrator(
            migrations, schema: schema, timeout: settings.migrationTimeout, tell: tell)
        var applied: [Int] = []
        while let number = try await transaction(timeout: settings.migrationTimeout, migrator.step) {
            applied.append(number)
        }
        return applied
    }

    /// Asks the server for a sign of life.
    public func ping() async throws(PostgresError) { try await query("SELECT 1") }

    // MARK: Behind the breaker

    private func attempt(_ statements: [PostgresStatement]) async throws(PostgresError) -> [PostgresRows] {
        try admit()
        do {
            let lease = try await pool.borrow()
            defer { pool.giveBack(lease) }
            let results = try await lease.connection.run(statements)
            breaker.succeeded()
            return results
        } catch {
            report(error)
            throw error
        }
    }

    private func transaction<T>(
        timeout: Int, _ body: (PostgresTransaction) async throws -> T
    ) async throws -> T {
        try admit()
        do {
            let lease = try await pool.borrow()
            defer { pool.giveBack(lease) }
            let transaction = PostgresTransaction(on: lease.connection, timeout: timeout)
            let value = try await transaction.run(body)
            breaker.succeeded()
            return value
        } catch {
            report(error)
            throw error
        }
    }

    private func admit() throws(PostgresError) {
        guard breaker.admits(now: loop.now.milliseconds) else { throw .unavailable }
    }

    private func report(_ error: any Error) {
        let now = loop.now.milliseconds
        switch error as? PostgresError {
        case .overloaded?, .closed?: breaker.gaveUp(now: now)
        case let error? where error.isOutage: breaker.failed(now: now)
        default: breaker.succeeded()
        }
    }
}
