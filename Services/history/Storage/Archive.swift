import Postgres
import Schema

/// A place in the log of a room.
struct Place: Hashable, Sendable {
    let room: RoomID
    let position: LogPosition
}

/// What stands at a place of the archive.
struct Archived: Hashable, Sendable {
    let id: MessageID
    /// Why it is a tombstone, where it is one.
    var tombstone: Unfit?
}

/// The archive as its writers see it: heads, batches, and who may write.
///
/// Belongs to its loop.
final class Archive {
    private let postgres: PostgresClient

    init(postgres: PostgresClient) { self.postgres = postgres }

    /// Takes partitions over: from now on nobody commits to them but with the tokens returned.
    ///
    /// A predecessor that was stopped while it sent a batch holds its locks as long as its connection lives: what waits
    /// for its client in a transaction while a successor is there is ended.
    func takeOver(
        _ partitions: [Partition], owner: String
    ) async throws(PostgresError) -> [Partition: Int64] {
        do {
            return try await raiseTokens(of: partitions, owner: owner)
        } catch  where error.sqlState == Archive.lockNotAvailable {
            try await postgres.query(Archive.endSilentSessions)
            return try await raiseTokens(of: partitions, owner: owner)
        }
    }

    private func raiseTokens(
        of partitions: [Partition], owner: String
    ) async throws(PostgresError) -> [Partition: Int64] {
        let results = try await postgres.pipeline([
            ("SELECT set_config('lock_timeout', '1000', true)", []),
            (
                """
                INSERT INTO history.partitions AS p (partition, token, owner)
                SELECT number, 1, $2 FROM unnest($1::smallint[]) AS number ORDER BY number
                ON CONFLICT (partition) DO UPDATE SET token = p.token + 1, owner = $2, since = now()
                RETURNING partition, token
                """, [.intArray(partitions.map { Int64($0.number) }), .text(owner)]
            ),
        ])
        var tokens: [Partition: Int64] = [:]
        for row in results[1] {
            guard let partition = Partition(Int(try row["partition"].int)) else { continue }
            tokens[partition] = try row["token"].int
        }
        return tokens
    }

    private static let lockNotAvailable = "55P03"

    /// A live writer's batch reaches PostgreSQL within a second of its beginning; ended by mistake, it is written again.
    private static let endSilentSessions = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
        AND application_name = current_setting('application_name')
        AND wait_event = 'ClientRead' AND xact_start < clock_timestamp() - interval '1 second'
        """

    /// How far the archive goes in each of these rooms; rooms without anything are left out.
    func heads(of rooms: [RoomID]) async throws(PostgresError) -> [RoomID: LogPosition] {
        let rows = try await postgres.query(
            "SELECT room, epoch, seq FROM history.heads WHERE room = ANY($1::text[])",
            [.textArray(rooms.map(\.text))])
        var heads: [RoomID: LogPosition] = [:]
        for row in rows {
            guard let room = RoomID(try row["room"].text) else { continue }
            heads[room] = LogPosition(epoch: try row["epoch"].text, seq: try row["seq"].int)
        }
        return heads
    }

    /// What stands at these places.
    func entries(at places: [Place]) async throws(PostgresError) -> [Place: Archived] {
        let rows = try await postgres.query(
            """
            SELECT m.room, m.epoch, m.seq, m.id, m.dead FROM history.messages m
            JOIN unnest($1::text[], $2::text[], $3::bigint[]) AS wanted (room, epoch, seq)
            USING (room, epoch, seq)
            """,
            [
                .textArray(places.map(\.room.text)), .textArray(places.map(\.position.epoch)),
                .intArray(places.map(\.position.seq)),
            ])
        var entries: [Place: Archived] = [:]
        for row in rows {
            guard let room = RoomID(try row["room"].text), let id = MessageID(try row["id"].text) else {
                continue
            }
            let position = LogPosition(epoch: try row["epoch"].text, seq: try row["seq"].int)
            let reason = try row["dead"].present.map { cell throws(PostgresError) in
                Unfit(rawValue: try cell.text) ?? .refused
            }
            entries[Place(room: room, position: position)] = Archived(id: id, tombstone: reason)
        }
        return entries
    }

    /// What is committed together: rows of some partitions, and the heads they lead to.
    struct Transaction {
        private(set) var rows: [LogRecord] = []
        fileprivate var heads: [(room: RoomID, position: LogPosition)] = []
        fileprivate var fences: [(partition: Partition, token: Int64)] = []

        /// Adds a partition's batch, which counts only while the partition has this token.
        mutating func add(_ batch: IngestBatch, of partition: Partition, fence: Int64) {
            rows += batch.rows
            heads += batch.heads.map { ($0.key, $0.value) }
            fences.append((partition, fence))
        }
    }

    /// Commits all of it, in one round trip.
    ///
    /// - Throws: an error with state `ArchiveMigrations.takenOver` where one of the tokens is not its partition's any more.
    func commit(_ transaction: Transaction) async throws(PostgresError) {
        // Sorted, so that no two transactions ever wait for each other.
        let fences = transaction.fences.sorted { $0.partition < $1.partition }
        let heads = transaction.heads.sorted { $0.room.text < $1.room.text }
        try await postgres.pipeline([
            (
                "SELECT history.hold($1::smallint[], $2::bigint[])",
                [.intArray(fences.map { Int64($0.partition.number) }), .intArray(fences.map(\.token))]
            ),
            (Archive.insertRows, Archive.columns(transaction.rows)),
            (
                Archive.moveHeads,
                [
                    .array(.texts(heads.count) { heads[$0].room.text }),
                    .array(.texts(heads.count) { heads[$0].position.epoch }),
                    .array(.bigints(heads.count) { heads[$0].position.seq }),
                ]
            ),
        ])
    }

    /// No ON CONFLICT here: it would hide another message under the same seq (see IngestBatch).
    ///
    /// Arrays in the list of columns are taken element by element; in FROM each would become a table first.
    private static let insertRows = """
        INSERT INTO history.messages (
            room, epoch, seq, id, sender, type, ts, client_msg_id, reply_to, envelope, created_at, dead)
        SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::bigint[]), unnest($4::uuid[]),
            unnest($5::text[]), unnest($6::text[]), unnest($7::bigint[]), unnest($8::text[]),
            unnest($9::uuid[]), unnest($10::text[]), unnest($11::timestamptz[]), unnest($12::text[])
        """

    private static let moveHeads = """
        INSERT INTO history.heads AS h (room, epoch, seq)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
        ON CONFLICT (room) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq
        WHERE h.seq < excluded.seq
        """

    private static func columns(_ rows: [LogRecord]) -> [PostgresValue] {
        [
            .array(.texts(rows.count) { rows[$0].place.room.text }),
            .array(.texts(rows.count) { rows[$0].place.position.epoch }),
            .array(.bigints(rows.count) { rows[$0].place.position.seq }),
            .array(.uuids(rows.count) { rows[$0].id.halves }),
            .array(.texts(rows.count) { rows[$0].sender?.text ?? "" }),
            .array(.texts(rows.count) { rows[$0].type.rawValue }),
            .array(.bigints(rows.count) { rows[$0].ts }),
            .array(.texts(rows.count) { rows[$0].clientMessageID }),
            .array(.uuids(rows.count) { rows[$0].replyTo?.halves }),
            .array(.utf8(rows.count) { rows[$0].envelope }),
            .array(.timestamps(rows.count) { rows[$0].createdAt }),
            .array(.texts(rows.count) { rows[$0].deadLetter?.reason.rawValue }),
        ]
    }
}
