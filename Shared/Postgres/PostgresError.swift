/// What can go wrong between a caller and PostgreSQL.
///
/// No case carries a parameter or a row: descriptions are safe to log.
public enum PostgresError: Error, Sendable, Equatable {
    /// No connection could be had: the server is away, or the circuit breaker is open.
    case unavailable
    /// Every connection is busy and the queue of waiters is full, or the wait for one was too long.
    case overloaded
    /// The connection broke while the answer was owed; whether the server did the work is unknown.
    case disconnected
    /// The answer did not come in time; the connection was closed, whether the work was done is unknown.
    case timeout
    /// The client was closed, or a transaction was used after its end.
    case closed
    /// The server refused the statement, and with it everything of the same transaction.
    case server(ServerFailure)
    /// A statement before failed, so the transaction was rolled back instead of committed.
    case rolledBack
    /// The parameter with this number (from 1) cannot be sent, for example a text with a NUL.
    case parameter(number: Int)
    /// The statement itself cannot be sent: it holds a NUL, or more than 65,535 parameters.
    case statement
    /// A column is missing, null or not of the type asked for.
    case decoding(column: String)
    /// The migration with this number differs from what was applied under it, or numbers do not rise.
    case migration(number: Int)
    /// The server sent something this client does not speak, for example the start of a COPY.
    case protocolViolation

    /// Whether the same work may succeed a little later, unchanged.
    ///
    /// After `disconnected` and `timeout` the work may have been done: repeat only what is idempotent.
    public var isTransient: Bool {
        switch self {
        case .unavailable, .overloaded, .disconnected, .timeout: true
        case .server(let failure): failure.isTransient
        default: false
        }
    }

    /// Whether a unique constraint refused a row.
    public var isUniqueViolation: Bool { sqlState == "23505" }

    /// Whether a foreign key refused a row.
    public var isForeignKeyViolation: Bool { sqlState == "23503" }

    /// Whether the database, rather than the caller's statement, is at fault: what a circuit breaker counts.
    public var isOutage: Bool {
        switch self {
        case .unavailable, .disconnected, .timeout: true
        case .server(let failure): failure.isOutage
        default: false
        }
    }

    /// The name of the violated constraint, as far as the server told it.
    public var constraint: String? {
        guard case .server(let failure) = self else { return nil }
        return failure.constraint
    }

    /// The server's five-letter code, if the server refused.
    public var sqlState: String? {
        guard case .server(let failure) = self else { return nil }
        return failure.sqlState
    }
}

extension PostgresError: CustomStringConvertible {
    /// One line without values.
    public var description: String {
        switch self {
        case .unavailable: "postgres: unavailable"
        case .overloaded: "postgres: no connection free"
        case .disconnected: "postgres: connection lost"
        case .timeout: "postgres: no answer in time"
        case .closed: "postgres: closed"
        case .server(let failure): "postgres: \(failure)"
        case .rolledBack: "postgres: rolled back, a statement had failed"
        case .parameter(let number): "postgres: parameter $\(number) cannot be sent"
        case .statement: "postgres: statement cannot be sent"
        case .decoding(let column): "postgres: column \(column) is not what was expected"
        case .migration(let number): "postgres: migration \(number) differs from the one applied"
        case .protocolViolation: "postgres: unexpected answer"
        }
    }
}
