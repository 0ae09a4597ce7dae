import Access
import Bus
import Postgres
import Schema
import Web

/// Who may read a room, asked of auth's contract in PostgreSQL: only while Redis is away (decision 0005).
///
/// Belongs to its loop.
final class Standings {
    private let postgres: PostgresClient

    init(postgres: PostgresClient) { self.postgres = postgres }

    /// Throws unless the caller is a member, by a token that has not been taken back meanwhile.
    func requireMember(_ caller: Identity, of room: RoomID) async throws(Problem) {
        let standing: (isMember: Bool, isRevoked: Bool)
        do throws(PostgresError) {
            standing = try await ask(caller, room)
        } catch {
            throw Problem(ErrorCode.historyUnavailable)
        }
        guard !standing.isRevoked else { throw Problem(AuthenticationFailure.revoked) }
        guard standing.isMember else { throw Problem(ErrorCode.roomNotFound) }
    }

    private func ask(
        _ caller: Identity, _ room: RoomID
    ) async throws(PostgresError) -> (isMember: Bool, isRevoked: Bool) {
        let rows = try await postgres.query(
            "SELECT role IS NOT NULL AS member, revoked FROM auth.room_standing($1, $2, $3, $4)",
            [
                .text(room.text), .text(caller.user.text), caller.sessionID.map { .text($0) } ?? .null,
                .int(caller.issuedAt ?? 0),
            ])
        guard let row = rows.first else { return (false, false) }
        return (try row["member"].bool, try row["revoked"].bool)
    }
}
