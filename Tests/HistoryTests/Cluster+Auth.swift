import Postgres
import Schema

@testable import ChatAuth

extension Cluster {
    /// What auth has of a member in PostgreSQL, and of bob, whose tokens were taken back.
    func vouch(for user: String, in room: RoomID) async throws {
        try await postgres.migrate(Migrations.all, schema: Migrations.schema)
        for (handle, before) in [(user, 0), ("bob", Int64.max)] {
            try await postgres.query(
                "INSERT INTO auth.accounts (handle, name, roles, revoked_before) VALUES ($1, $1, '{}', $2)",
                [.text(handle), .int(before)])
        }
        try await postgres.query(
            "INSERT INTO auth.rooms (id, name, visibility) VALUES ($1, $1, 'public')", [.text(room.text)])
        for handle in [user, "bob"] {
            try await postgres.query(
                "INSERT INTO auth.members (room, handle, role) VALUES ($1, $2, 'member')",
                [.text(room.text), .text(handle)])
        }
    }
}
