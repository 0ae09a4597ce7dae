import Bus
import Postgres
import Schema

/// The archive as its readers see it.
///
/// Belongs to its loop.
final class ArchivedLog {
    private let postgres: PostgresClient

    init(postgres: PostgresClient) { self.postgres = postgres }

    /// The envelopes of a stretch that are nearest to the place asked for, in rising order.
    func envelopes(
        of room: RoomID, in stretch: PageCut.Stretch
    ) async throws(PostgresError) -> [LoggedEnvelope] {
        let order = stretch.isNewestFirst ? "DESC" : "ASC"
        let rows = try await postgres.query(
            """
            SELECT seq, envelope FROM history.messages WHERE room = $1 AND seq > $2 AND seq < $3
            ORDER BY seq \(order) LIMIT $4
            """,
            [
                .text(room.text), .int(stretch.above ?? -1), .int(stretch.below ?? .max),
                .int(Int64(stretch.count)),
            ])
        let envelopes = try ArchivedLog.envelopes(rows)
        return stretch.isNewestFirst ? envelopes.reversed() : envelopes
    }

    /// What stands at these seqs.
    func envelopes(of room: RoomID, at seqs: [Int64]) async throws(PostgresError) -> [LoggedEnvelope] {
        try ArchivedLog.envelopes(
            try await postgres.query(
                "SELECT seq, envelope FROM history.messages WHERE room = $1 AND seq = ANY($2::bigint[])",
                [.text(room.text), .intArray(seqs)]))
    }

    private static func envelopes(_ rows: PostgresRows) throws(PostgresError) -> [LoggedEnvelope] {
        var envelopes: [LoggedEnvelope] = []
        envelopes.reserveCapacity(rows.count)
        for row in rows {
            envelopes.append(
                LoggedEnvelope(seq: try row["seq"].int, bytes: Array(try row["envelope"].text.utf8)))
        }
        return envelopes
    }

    /// The newest message that the user has sent to the room under this key.
    func envelope(
        of room: RoomID, from user: UserHandle, key: ClientMessageID
    ) async throws(PostgresError) -> [UInt8]? {
        let rows = try await postgres.query(
            """
            SELECT envelope FROM history.messages WHERE room = $1 AND sender = $2 AND client_msg_id = $3
            ORDER BY seq DESC LIMIT 1
            """, [.text(room.text), .text(user.text), .text(key.text)])
        return try rows.first.map { row throws(PostgresError) in Array(try row["envelope"].text.utf8) }
    }

    /// Whether all up to this seq is archived that was ever accepted.
    func reaches(_ seq: Int64, in room: RoomID) async throws(PostgresError) -> Bool {
        let rows = try await postgres.query(
            "SELECT seq >= $2 AS reached FROM history.heads WHERE room = $1", [.text(room.text), .int(seq)])
        return try rows.first?["reached"].bool ?? (seq <= 0)
    }

    /// Whether anything of the room has a seq within the range.
    func hasAny(
        of room: RoomID, in range: ClosedRange<Int64>
    ) async throws(PostgresError) -> Bool {
        let rows = try await postgres.query(
            """
            SELECT EXISTS (
                SELECT FROM history.messages WHERE room = $1 AND seq BETWEEN $2 AND $3) AS found
            """, [.text(room.text), .int(range.lowerBound), .int(range.upperBound)])
        return try rows.first?["found"].bool ?? false
    }
}
