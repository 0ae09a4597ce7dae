/// A transaction under way, on a connection of its own; of use only until the body it was given to ends.
public final class PostgresTransaction {
    private let connection: PostgresConnection
    private let timeout: Int
    private var isOpen = false

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
        guard isOpen else { throw .closed }
        return try await connection.run(statements, timeout: timeout)
    }

    /// Runs a statement that will not come again, without preparing it.
    func execute(_ sql: String) async throws(PostgresError) {
        guard isOpen else { throw .closed }
        _ = try await connection.run([(sql, [])], once: true, timeout: timeout)
    }

    func run<T>(_ body: (PostgresTransaction) async throws -> T) async throws -> T {
        _ = try await connection.run([("BEGIN", [])], once: true, timeout: timeout)
        isOpen = true
        defer { isOpen = false }
        let value: T
        do {
            value = try await body(self)
        } catch {
            await rollBack()
            throw error
        }
        try await commit()
        return value
    }

    /// The server answers COMMIT with a quiet rollback if a statement had failed, so look before.
    private func commit() async throws(PostgresError) {
        isOpen = false
        guard connection.transactionStatus != .failed else {
            await rollBack()
            throw .rolledBack
        }
        _ = try await connection.run([("COMMIT", [])], once: true, timeout: timeout)
    }

    /// Where this fails the connection is left inside the transaction, and the pool closes it.
    private func rollBack() async {
        isOpen = false
        _ = try? await connection.run([("ROLLBACK", [])], once: true, timeout: timeout)
    }
}
