import Bus
import Postgres
import Schema

/// The accounts in PostgreSQL.
final class PostgresAccounts {
    private let postgres: PostgresClient

    init(postgres: PostgresClient) { self.postgres = postgres }

    func find(_ user: UserHandle) async throws(PostgresError) -> Account? {
        let rows = try await postgres.query(
            "SELECT handle, name, roles, password, revoked_before FROM auth.accounts WHERE handle = $1",
            [.text(user.text)])
        return try rows.first.map(Account.init(row:))
    }

    /// Adds an account; false where the handle is taken.
    func insert(_ account: Account) async throws(PostgresError) -> Bool {
        try await postgres.query(
            """
            INSERT INTO auth.accounts (handle, name, roles, password) VALUES ($1, $2, $3, $4)
            ON CONFLICT (handle) DO NOTHING
            """,
            [
                .text(account.user.text), .text(account.name), .textArray(account.roles),
                .init(account.password),
            ]
        ).affected == 1
    }

    /// Makes sure that handles vouched for elsewhere are accounts; name and roles follow their tokens for as long as one
    /// has no password.
    ///
    /// In the order of their handles, so that nobody waits for one who waits for them.
    func note(_ faces: [Identity.Face]) async throws(PostgresError) {
        // Whoever came twice is as they came last: a statement writes no row twice.
        let latest = Dictionary(faces.map { ($0.user, $0) }, uniquingKeysWith: { $1 })
        let noted = latest.values.sorted { $0.user.text < $1.user.text }
        try await postgres.query(
            """
            INSERT INTO auth.accounts AS a (handle, name, roles)
            SELECT handle, name, string_to_array(roles, ' ')
            FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS noted (handle, name, roles, number)
            ORDER BY number
            ON CONFLICT (handle) DO UPDATE SET name = excluded.name, roles = excluded.roles
            WHERE a.password IS NULL AND (a.name, a.roles) IS DISTINCT FROM (excluded.name, excluded.roles)
            """,
            [
                .textArray(noted.map(\.user.text)),
                .textArray(noted.map { AccountRules.fit($0.name, orElse: $0.user.text) }),
                // A word has no space.
                .textArray(noted.map { $0.roles.filter(\.isWord).joined(separator: " ") }),
            ])
    }

    /// Replaces the hash of a password; false where it is another one by now.
    func replacePassword(
        _ old: String, by new: String, of user: UserHandle
    ) async throws(PostgresError) -> Bool {
        let (sql, parameters) = Self.replacement(of: old, by: new, of: user)
        return try await postgres.query(sql, parameters).affected == 1
    }

    /// The statement that does so.
    static func replacement(of old: String, by new: String, of user: UserHandle) -> PostgresStatement {
        (
            "UPDATE auth.accounts SET password = $3 WHERE handle = $1 AND password = $2",
            [.text(user.text), .text(old), .text(new)]
        )
    }

    // MARK: Administrators

    func hasAdministrator() async throws(PostgresError) -> Bool {
        try await !postgres.query("SELECT 1 FROM auth.accounts WHERE 'admin' = ANY(roles) LIMIT 1").isEmpty
    }

    /// Gives an account the role of an administrator, and a password where one is named.
    ///
    /// A new password ends all login sessions, as it does everywhere; Redis is not told, so access tokens of theirs are
    /// good until they expire.
    func promote(_ user: UserHandle, password: String?) async throws {
        try await postgres.transaction { transaction in
            try await transaction.query(
                """
                UPDATE auth.accounts SET password = coalesce($2, password),
                    roles = ARRAY(SELECT DISTINCT unnest(roles || ARRAY['admin', 'member']) ORDER BY 1)
                WHERE handle = $1
                """,
                [.text(user.text), .init(password)])
            guard password != nil else { return }
            // A statement of its own: it sees the session of a log-in that the first had to wait for.
            try await transaction.query(
                "UPDATE auth.sessions SET revoked_at = now() WHERE handle = $1 AND revoked_at IS NULL",
                [.text(user.text)])
        }
    }
}

extension Account {
    init(row: PostgresRow) throws(PostgresError) {
        guard let user = UserHandle(try row["handle"].text) else { throw .decoding(column: "handle") }
        self.init(
            user: user, name: try row["name"].text, roles: try row["roles"].textArray.compactMap { $0 },
            password: try row["password"].present?.text, revokedBefore: try row["revoked_before"].int)
    }
}
