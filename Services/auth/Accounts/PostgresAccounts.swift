import Bus
import Engine
import Postgres
import Schema

/// The accounts in PostgreSQL.
final class PostgresAccounts {
    private let postgres: PostgresClient

    init(postgres: PostgresClient) { self.postgres = postgres }

    func find(_ user: UserHandle) async throws(PostgresError) -> Account? {
        let rows = try await postgres.query(
            """
            SELECT handle, name, roles, password, disabled_at IS NOT NULL AS disabled
            FROM auth.accounts WHERE handle = $1
            """, [.text(user.text)])
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

    // MARK: Disabling

    /// Shuts an account until `enable`, and ends all login sessions and tokens of it; false where there is none.
    ///
    /// A token of another issuer, whose clock may be ahead, is ended too. A running auth tells the others so.
    func disable(_ user: UserHandle) async throws -> Bool {
        try await postgres.transaction { transaction in
            // The account first: a log-in that is under way has its session before this, or finds it shut.
            let disabled = try await transaction.query(
                "UPDATE auth.accounts SET disabled_at = coalesce(disabled_at, now()) WHERE handle = $1",
                [.text(user.text)])
            guard disabled.affected == 1 else { return false }
            // Here nobody knows what the cluster's settings are, nor whether others issue tokens, too.
            let latest = Revocations.latestIssue(at: WallClock.milliseconds() / 1000)
            let (_, statements) = try await Revocations.endAll(
                of: user, .unknown, issuedUntil: latest, in: transaction)
            try await transaction.commit(after: statements)
            return true
        }
    }

    /// Opens an account again; false where there is none.
    ///
    /// What was ended stays so.
    func enable(_ user: UserHandle) async throws(PostgresError) -> Bool {
        try await postgres.query(
            "UPDATE auth.accounts SET disabled_at = NULL WHERE handle = $1", [.text(user.text)]
        ).affected == 1
    }

    // MARK: Administrators

    func hasAdministrator() async throws(PostgresError) -> Bool {
        try await !postgres.query("SELECT 1 FROM auth.accounts WHERE 'admin' = ANY(roles) LIMIT 1").isEmpty
    }

    /// Gives an account roles that it lacks, and a password where one is named; false where there is no such account.
    ///
    /// A new password ends all login sessions and all tokens, those of other issuers too as far as their clocks are not
    /// ahead: who logs in with it at once is to have a token that is not of the future to anybody. A running auth tells
    /// the others so.
    func grant(_ roles: [String], password: String?, to user: UserHandle) async throws -> Bool {
        try await postgres.transaction { transaction in
            let granted = try await transaction.query(
                """
                UPDATE auth.accounts SET password = coalesce($2, password),
                    roles = ARRAY(SELECT DISTINCT unnest(roles || $3::text[]) ORDER BY 1)
                WHERE handle = $1
                """, [.text(user.text), .init(password), .textArray(roles)])
            guard granted.affected == 1 else { return false }
            guard password != nil else { return true }
            let (_, statements) = try await Revocations.endAll(of: user, .unknown, in: transaction)
            try await transaction.commit(after: statements)
            return true
        }
    }
}

extension Account {
    init(row: PostgresRow) throws(PostgresError) {
        guard let user = UserHandle(try row["handle"].text) else { throw .decoding(column: "handle") }
        self.init(
            user: user, name: try row["name"].text, roles: try row["roles"].textArray.compactMap { $0 },
            password: try row["password"].present?.text,
            isDisabled: try row["disabled"].bool)
    }
}
