/// A transaction under way, on a connection of its own; of use only until the body it was given to ends.
///
/// It begins with its first statement, by the same round trip.
public final class PostgresTransaction {
    private static let begin: PostgresStatement = ("BEGIN", [])
    private static let commit: PostgresStatement = ("COMMIT", [])

    private let connection: PostgresConnection
    private let timeout: Int
    private var isOpen = false
    private var isCommitted = false

    init(on connection: PostgresConnection, timeout: Int) {
        self.connection = connection
        self.timeout = timeout
    }

    /// Runs one statement.
    ///
    /// Once one has failed, the transaction can only be rolled back.
    @discardableResult
    public func query(
        _ sql: String, _ parameters: [PostgresValue] = []
    ) async throws(PostgresError) -> PostgresRows {
        try await pipeline([(sql, parameters)])[0]
    }

    /// Runs statements in one round trip.
    @discardableResult
    public func pipeline(_ statements: [PostgresStatement]) async throws(PostgresError) -> [PostgresRows] {
        try await run(statements)
    }

    /// Runs statements and commits, all in one round trip; nothing may follow.
    ///
    /// If the connection breaks, whether it happened is unknown.
    @discardableResult
    public func commit(after statements: [PostgresStatement]) async throws(PostgresError) -> [PostgresRows] {
        // The server would answer COMMIT with a quiet rollback.
        guard connection.transactionStatus != .failed else { throw .rolledBack }
        let results = try await run(statements + [Self.commit])
        (isOpen, isCommitted) = (false, true)
        return results.dropLast()
    }

    /// Runs a statement that will not come again, without preparing it.
    func execute(_ sql: String) async throws(PostgresError) {
        _ = try await run([(sql, [])], once: true)
    }

    private func run(
        _ statements: [PostgresStatement], once: Bool = false
    ) async throws(PostgresError) -> [PostgresRows] {
        guard isOpen else { throw .closed }
        guard connection.transactionStatus == .idle else {
            return try await connection.run(statements, once: once, timeout: timeout)
        }
        let results = try await connection.run([Self.begin] + statements, once: once, timeout: timeout)
        return Array(results.dropFirst())
    }

    func run<T>(_ body: (PostgresTransaction) async throws -> T) async throws -> T {
        isOpen = true
        defer { isOpen = false }
        let value: T
        do {
            value = try await body(self)
        } catch {
            await rollBack()
            throw error
        }
        if !isCommitted { try await commitWhatWasDone() }
        return value
    }

    /// The server answers COMMIT with a quiet rollback if a statement had failed, so look before.
    private func commitWhatWasDone() async throws(PostgresError) {
        isOpen = false
        switch connection.transactionStatus {
        case .idle: return
        case .failed:
            await rollBack()
            throw .rolledBack
        default: _ = try await connection.run([Self.commit], timeout: timeout)
        }
    }

    /// Where this fails the connection is left inside the transaction, and the pool closes it.
    private func rollBack() async {
        isOpen = false
        guard connection.transactionStatus != .idle else { return }
        _ = try? await connection.run([("ROLLBACK", [])], once: true, timeout: timeout)
    }
}
