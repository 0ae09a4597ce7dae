import Engine
import Postgres
import Schema
import Support
import Testing

@testable import ChatAuth

/// What is asked while somebody else is at work in the same PostgreSQL.
extension Auth {
    /// Runs `body` while somebody has locked a room in PostgreSQL.
    func whileLocked<T: Sendable>(
        _ room: String, _ body: nonisolated(nonsending) @escaping @Sendable () async throws -> T
    ) async throws -> T {
        let url = try #require(PostgresURL(databaseURL))
        return try await onLoop { loop in
            let postgres = PostgresClient(loop: loop, url: url, poolSize: 1, name: "probe")
            postgres.start()
            loop.preconditionCurrent()
            let value = try await postgres.transaction { transaction in
                try await transaction.query("SELECT FROM auth.rooms WHERE id = $1 FOR UPDATE", [.text(room)])
                return try await body()
            }
            await postgres.close()
            return value
        }
    }

    /// Runs `body` with a copy of rooms of its own, and tells what became of each room, by name.
    func copying(
        _ body: nonisolated(nonsending) @escaping @Sendable (RoomCopy) async throws -> RoomCopy.Outcomes
    ) async throws -> [String] {
        try await probing { postgres, redis, _ in
            try await body(RoomCopy(rooms: PostgresRooms(postgres: postgres), redis: redis)).map {
                guard case .failure(let error) = $1 else { return $0.text }
                return "\($0): \(error)"
            }.sorted()
        }
    }

    /// Runs `body` with a copy of rooms of its own, while a room's member list gets newer and newer, and nobody tells.
    func whileMembersChange<T: Sendable>(
        of room: RoomID,
        _ body: nonisolated(nonsending) @escaping @Sendable (RoomCopy, PostgresRooms) async throws -> T
    ) async throws -> T {
        try await probing { postgres, redis, loop in
            let changes = Changes()
            loop.spawn {
                while !changes.isOver {
                    _ = try? await postgres.query(
                        "UPDATE auth.rooms SET mv = mv + 1 WHERE id = $1", [.text(room.text)])
                }
                changes.hasEnded = true
            }
            let rooms = PostgresRooms(postgres: postgres)
            loop.preconditionCurrent()
            let value = try await body(RoomCopy(rooms: rooms, redis: redis), rooms)
            changes.isOver = true
            _ = await eventually(on: loop) { changes.hasEnded }
            return value
        }
    }

    /// Asks while somebody else changes an account, which they have done once the answer waits for them or is there.
    func asking<Answer: Sendable>(
        while change: PostgresStatement, _ ask: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try #require(try await asking(while: change, inTurn: [ask]).first)
    }

    /// Asks one after another: each when those before wait for somebody, or have their answer.
    func asking<Answer: Sendable>(
        while change: PostgresStatement, inTurn asks: [@Sendable () async throws -> Answer]
    ) async throws -> [Answer] {
        try await probing { postgres, _, loop in
            let asked = Asked<Answer>(count: asks.count)
            try await postgres.transaction { transaction in
                try await transaction.query(change.sql, change.parameters)
                for (index, ask) in asks.enumerated() {
                    loop.spawn {
                        do { asked.answers[index] = .success(try await ask()) } catch {
                            asked.answers[index] = .failure(error)
                        }
                    }
                    let deadline = Instant.current().advanced(byMilliseconds: 60_000)
                    while try await Self.waiting(postgres) < asked.open(through: index) {
                        try #require(Instant.current() < deadline)
                        // PostgreSQL tells nobody that a statement waits: it is looked for again, until the deadline.
                        await loop.sleep(milliseconds: 5)
                    }
                }
            }
            _ = await eventually(on: loop) { asked.open(through: asks.count - 1) == 0 }
            return try asked.answers.map { try #require($0).get() }
        }
    }

    /// How many statements wait for a lock.
    private static func waiting(_ postgres: PostgresClient) async throws -> Int {
        try await postgres.query(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).count
    }

    private final class Asked<Answer> {
        var answers: [Result<Answer, any Error>?]

        init(count: Int) { answers = Array(repeating: nil, count: count) }

        /// How many of the first have no answer.
        func open(through index: Int) -> Int { answers.prefix(index + 1).count { $0 == nil } }
    }

    private final class Changes {
        var isOver = false
        var hasEnded = false
    }
}
