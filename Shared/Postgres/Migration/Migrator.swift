/// Applies a schema's migrations, one per transaction.
///
/// An advisory lock that ends with the transaction makes clients take turns; each looks again what is
/// missing once it has the lock, so a step is applied once, whoever gets there.
struct Migrator {
    private let plan: MigrationPlan
    private let schema: String
    private let timeout: Int
    private let tell: (SchemaProgress) -> Void

    init(
        _ migrations: [Migration], schema: String, timeout: Int, tell: @escaping (SchemaProgress) -> Void
    ) throws(PostgresError) {
        plan = try MigrationPlan(migrations)
        self.schema = schema
        self.timeout = timeout
        self.tell = tell
    }

    /// Applies the next missing migration and returns its number, or nil when none is missing.
    func step(_ transaction: PostgresTransaction) async throws(PostgresError) -> Int? {
        tell(.looking)
        try await lock(transaction)
        guard let migration = try plan.next(applied: try await applied(transaction)) else { return nil }
        tell(.applying(number: migration.number, of: plan.last, name: migration.name))
        // Whoever is told that it was applied believes it for good: a crash of the server must not take it back.
        try await transaction.query(
            """
            SELECT set_config('synchronous_commit', 'on', true)
            WHERE current_setting('synchronous_commit') = 'off'
            """)
        for statement in migration.statements { try await transaction.execute(statement) }
        try await transaction.query(
            "INSERT INTO \(table) (number, name, checksum) VALUES ($1, $2, $3)",
            [.int(Int64(migration.number)), .text(migration.name), .text(migration.checksum)])
        return migration.number
    }

    private func lock(_ transaction: PostgresTransaction) async throws(PostgresError) {
        // Both the wait for the others and a step itself may take longer than a service's statement.
        try await transaction.execute("SET LOCAL lock_timeout = \(timeout)")
        try await transaction.execute("SET LOCAL statement_timeout = \(timeout)")
        let key = Int64(bitPattern: FNV1a.hash("parley.migrations.\(schema)".utf8))
        try await transaction.query("SELECT pg_advisory_xact_lock($1)", [.int(key)])
    }

    private func applied(_ transaction: PostgresTransaction) async throws(PostgresError) -> [Int: String] {
        // Asked first, because IF NOT EXISTS wants the right to create even when there is nothing to do.
        let known = try await transaction.query(
            "SELECT to_regnamespace($1) IS NULL AS no_schema, to_regclass($2) IS NULL AS no_table",
            [.text(quoted(schema)), .text(table)])[0]
        if try known["no_schema"].bool { try await transaction.execute("CREATE SCHEMA \(quoted(schema))") }
        guard try !known["no_table"].bool else {
            try await transaction.execute(
                """
                CREATE TABLE \(table) (
                    number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now())
                """)
            return [:]
        }
        var applied: [Int: String] = [:]
        for row in try await transaction.query("SELECT number, checksum FROM \(table)") {
            applied[Int(try row["number"].int)] = try row["checksum"].text
        }
        return applied
    }

    private var table: String { "\(quoted(schema)).migrations" }

    private func quoted(_ name: String) -> String {
        let doubled = name.map { $0 == "\"" ? "\"\"" : String($0) }
        return "\"\(doubled.joined())\""
    }
}
