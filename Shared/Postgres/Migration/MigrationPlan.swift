/// Which migration comes next, given what was applied.
struct MigrationPlan {
    private let migrations: [Migration]
    /// The number of the last one; 0 where there is none.
    var last: Int { migrations.last?.number ?? 0 }

    /// Throws if the numbers do not rise from at least 1.
    init(_ migrations: [Migration]) throws(PostgresError) {
        var last = 0
        for migration in migrations {
            guard migration.number > last else { throw .migration(number: migration.number) }
            last = migration.number
        }
        self.migrations = migrations
    }

    /// The first one not applied, or nil when all are.
    ///
    /// Applied numbers we do not know are a newer release's: during a rolling upgrade the older one goes on.
    /// A number missing below an applied one, or one whose text changed, is an error.
    func next(applied: [Int: String]) throws(PostgresError) -> Migration? {
        var missing: Migration?
        for migration in migrations {
            guard let checksum = applied[migration.number] else {
                missing = missing ?? migration
                continue
            }
            guard checksum == migration.checksum, missing == nil else {
                throw .migration(number: missing?.number ?? migration.number)
            }
        }
        return missing
    }
}
