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

    /// Makes sure that a handle vouched for elsewhere is an account; name and roles follow its tokens for as
    /// long as it has no password.
    func note(_ user: UserHandle, name: String, roles: [String]) async throws(PostgresError) {
        try await postgres.query(
            """
            INSERT INTO auth.accounts AS a (handle, name, roles) VALUES ($1, $2, $3)
            ON CONFLICT (handle) DO UPDATE SET name = $2, roles = $3
            WHERE a.password IS NULL AND (a.name, a.roles) IS DISTINCT FROM ($2, $3)
            """,
            [
                .text(user.text), .text(AccountRules.fit(name, orElse: user.text)),
                .textArray(roles.filter(\.isWord)),
            ])
    }

    func setPassword(_ hash: String, of user: UserHandle) async throws(PostgresError) {
        try await postgres.query(
            "UPDATE auth.accounts SET password = $2 WHERE handle = $1", [.text(user.text), .text(hash)])
    }

    /// Replaces a hash by one of the present cost, unless the password was changed meanwhile.
    func rehash(_ old: String, to new: String, of user: UserHandle) async throws(PostgresError) {
        try await postgres.query(
            "UPDATE auth.accounts SET password = $3 WHERE handle = $1 AND password = $2",
            [.text(user.text), .text(old), .text(new)])
    }

    // MARK: Administrators

    func hasAdministrator() async throws(PostgresError) -> Bool {
        try await !postgres.query("SELECT 1 FROM auth.accounts WHERE 'admin' = ANY(roles) LIMIT 1").isEmpty
    }

    /// Gives an account the role of an administrator, and a password where one is named.
    func promote(_ user: UserHandle, password: String?) async throws(PostgresError) {
        try await postgres.query(
            """
            UPDATE auth.accounts SET password = coalesce($2, password),
                roles = ARRAY(SELECT DISTINCT unnest(roles || ARRAY['admin', 'member']) ORDER BY 1)
            WHERE handle = $1
            """,
            [.text(user.text), .init(password)])
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
