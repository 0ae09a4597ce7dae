import Engine
import Hosting
import Postgres

/// Brings the schema up to date, as soon as PostgreSQL can be reached.
///
/// Belongs to its loop.
final class ArchivePreparation {
    /// Whether the schema is as this version needs it.
    private(set) var isDone = false
    /// Why it is not, as far as is known.
    private(set) var standing = SchemaStanding()

    private let loop: EventLoop
    private let postgres: PostgresClient
    private let log: Log
    private var isStopped = false

    private static let retryMilliseconds = 500...1_500

    init(loop: EventLoop, postgres: PostgresClient, log: Log) {
        self.loop = loop
        self.postgres = postgres
        self.log = log
    }

    /// Tries until it is done or stopped; only then `next` is called.
    func run(then next: @escaping () -> Void) {
        loop.spawn {
            await self.migrate()
            if self.isDone, !self.isStopped { next() }
        }
    }

    func stop() { isStopped = true }

    private func migrate() async {
        while !isDone, !isStopped {
            do {
                let applied = try await postgres.migrate(
                    ArchiveMigrations.all, schema: ArchiveMigrations.schema
                ) { [log] in
                    self.standing.began($0)
                    if case .applying = $0 { log.info("migrating", ["progress": .string("\($0)")]) }
                }
                if !applied.isEmpty { log.info("migrated", ["steps": .int(applied.count)]) }
                isDone = true
                standing.ended()
            } catch {
                standing.failed(error)
                log.warn("cannot prepare the archive", .error(error))
                await loop.sleep(milliseconds: Int.random(in: ArchivePreparation.retryMilliseconds))
            }
        }
    }
}
