internal import Synchronization

/// One PostgreSQL for all tests of a process that do not kill it, with a database for each.
public enum SharedPostgres {
    private static let server = Result { try PostgresServer() }
    private static let count = Atomic<Int>(0)

    /// The URL of a new database.
    public static func makeDatabase() async throws -> String {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        return try await blocking { try server.get().makeDatabase("test_\(number)") }
    }
}
