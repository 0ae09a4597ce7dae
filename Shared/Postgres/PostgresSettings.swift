/// The bounds of a client: how long things may take, and how much may wait.
///
/// All times in milliseconds.
public struct PostgresSettings: Sendable, Equatable {
    /// How long opening a connection may take, with name resolution, TLS and log-in.
    public var connectTimeout = 5_000
    /// How long the server works on one statement before it cancels it.
    public var statementTimeout = 10_000
    /// How long a statement waits for a lock.
    public var lockTimeout = 5_000
    /// How long the server keeps a transaction in which nothing is asked.
    public var idleInTransactionTimeout = 5_000
    /// How long the client waits for an answer before it closes the connection; a second more than
    /// `statementTimeout`, so that a live server's verdict comes first.
    public var replyTimeout = 11_000
    /// How long a caller waits for a free connection.
    public var acquireTimeout = 2_000
    /// How long one migration may take, and wait for another client that migrates: a day, as an archive may be large
    /// and a step that is cancelled begins anew.
    public var migrationTimeout = 86_400_000
    /// How long `close` waits for work under way.
    public var closeTimeout = 5_000
    /// How many callers may wait for a connection.
    public var mostWaiters = 1_000
    /// How many statements a connection keeps prepared.
    public var mostPreparedStatements = 256

    /// The defaults.
    public init() {}
}
