import Bus
import Postgres
import Schema

/// Takes tokens back: first in PostgreSQL, then in this process, then everywhere.
final class Revocations {
    /// Judges' clocks may be this far behind.
    private static let leeway: Int64 = 60

    private let postgres: PostgresClient
    private let authority: Authority
    private let publisher: Publisher
    private let lifetime: Int64

    /// `lifetime`: for how many seconds an access token may be good.
    init(postgres: PostgresClient, authority: Authority, publisher: Publisher, lifetime: Int) {
        self.postgres = postgres
        self.authority = authority
        self.publisher = publisher
        self.lifetime = Int64(lifetime)
    }

    /// Ends login sessions; their refresh tokens, access tokens and live connections.
    ///
    /// `expires`: when the longest-lived token that is known of ends.
    func endSessions(_ ids: [String], expires: Int64 = 0, now: Int64) async throws {
        guard !ids.isEmpty else { return }
        let end = max(now + lifetime, expires) + Self.leeway
        let revocations = ids.map { Revocation(.session($0), expires: end) }
        try await revoke(
            revocations,
            after: [
                (
                    "UPDATE auth.sessions SET revoked_at = now() WHERE id = ANY($1) AND revoked_at IS NULL",
                    [.textArray(ids)]
                )
            ])
    }

    /// Ends all login sessions of a user and all tokens issued up to now.
    func endAll(of user: UserHandle, expires: Int64 = 0, now: Int64) async throws {
        let before = now + 1
        let revocation = Revocation(
            .user(user, before: before), expires: max(now + lifetime, expires) + Self.leeway)
        try await revoke(
            [revocation],
            after: [
                (
                    "UPDATE auth.accounts SET revoked_before = greatest(revoked_before, $2) WHERE handle = $1",
                    [.text(user.text), .int(before)]
                ),
                (
                    "UPDATE auth.sessions SET revoked_at = now() WHERE handle = $1 AND revoked_at IS NULL",
                    [.text(user.text)]
                ),
            ])
    }

    /// The login sessions of a user that have not ended.
    func liveSessions(of user: UserHandle) async throws(PostgresError) -> [String] {
        let rows = try await postgres.query(
            "SELECT id FROM auth.sessions WHERE handle = $1 AND revoked_at IS NULL", [.text(user.text)])
        var ids: [String] = []
        for row in rows { ids.append(try row["id"].text) }
        return ids
    }

    /// All that are in force.
    func live(now: Int64) async throws(PostgresError) -> [Revocation] {
        let rows = try await postgres.query(
            "SELECT field, value FROM auth.revocations WHERE expires > $1", [.int(now)])
        var live: [Revocation] = []
        for row in rows {
            guard let revocation = Revocation(field: try row["field"].text, value: try row["value"].text)
            else {
                continue
            }
            live.append(revocation)
        }
        return live
    }

    func removeExpired(now: Int64) async throws(PostgresError) {
        try await postgres.query("DELETE FROM auth.revocations WHERE expires <= $1", [.int(now)])
    }

    private func revoke(_ revocations: [Revocation], after statements: [PostgresStatement]) async throws {
        let events = revocations.map(ControlEvent.revoked)
        let results = try await postgres.pipeline(
            statements + revocations.map(Self.insert) + [Publisher.enqueue(events)])
        for event in events { authority.hear(event) }
        await publisher.published(results)
    }

    private static func insert(_ revocation: Revocation) -> PostgresStatement {
        let field = revocation.field
        return (
            """
            INSERT INTO auth.revocations AS r (field, value, expires) VALUES ($1, $2, $3)
            ON CONFLICT (field) DO UPDATE SET expires = greatest(r.expires, $3), value = CASE
                WHEN r.field LIKE 'user:%' THEN
                    greatest(split_part(r.value, ' ', 1)::bigint, split_part($2, ' ', 1)::bigint)
                    || ' ' || greatest(r.expires, $3)
                ELSE greatest(r.expires, $3)::text END
            """, [.text(field.name), .text(field.value), .int(revocation.expires)]
        )
    }
}
