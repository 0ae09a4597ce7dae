import Bus
import Postgres
import Schema
import Tokens

/// Login sessions in PostgreSQL: each is a family of refresh tokens, of which only the last is good.
final class PostgresSessions {
    private let postgres: PostgresClient

    init(postgres: PostgresClient) { self.postgres = postgres }

    /// Stores a new session with its first refresh token; returns the stamp of its first access token.
    ///
    /// Nil, and nothing is stored, where the account has another password by now, or has been disabled. It is locked
    /// until the session is stored: who changes that, or ends all sessions, does so before this one begins or finds it.
    func insert(
        _ sessionID: String, of account: Account, token: RefreshToken, _ wish: StampWish
    ) async throws -> AccessStamp? {
        try await insert(
            sessionID, of: account, token: token, wish,
            """
            SELECT handle, revoked_before FROM auth.accounts
            WHERE handle = $2 AND password = $3 AND disabled_at IS NULL FOR SHARE
            """)
    }

    /// Stores a new account with its first session, both or neither; nil where the handle is taken.
    func insert(
        _ sessionID: String, ofNew account: Account, token: RefreshToken, _ wish: StampWish
    ) async throws -> AccessStamp? {
        try await insert(
            sessionID, of: account, token: token, wish,
            """
            INSERT INTO auth.accounts (handle, password, name, roles) VALUES ($2, $3, $8, $9)
            ON CONFLICT (handle) DO NOTHING RETURNING handle, revoked_before
            """, [.text(account.name), .textArray(account.roles)])
    }

    /// `row`: the statement that yields the account's.
    private func insert(
        _ sessionID: String, of account: Account, token: RefreshToken, _ wish: StampWish, _ row: String,
        _ more: [PostgresValue] = []
    ) async throws -> AccessStamp? {
        let secret = try SecureRandom.bytes(RefreshToken.byteCount)
        let rows = try await postgres.query(
            """
            WITH account AS (\(row)),
            session AS (
                INSERT INTO auth.sessions (id, handle, secret, expires, issued)
                SELECT $1, handle, $4, $5, greatest($7, revoked_before) FROM account RETURNING id, issued)
            INSERT INTO auth.refresh_tokens (digest, session, expires) SELECT $6, id, $5 FROM session
            RETURNING (SELECT issued FROM session) AS issued
            """,
            [
                .text(sessionID), .text(account.user.text), .init(account.password), .bytes(secret),
                .int(wish.sessionExpires), .bytes(token.digest), .int(wish.now),
            ] + more)
        return try rows.first.map { wish.stamp(issued: try $0["issued"].int) }
    }

    func find(_ token: RefreshToken) async throws(PostgresError) -> StoredRefreshToken? {
        let rows = try await postgres.query(
            """
            SELECT a.handle, a.name, a.roles, a.password, a.disabled_at IS NOT NULL AS disabled,
                s.id, s.secret, s.revoked_at IS NOT NULL AS revoked, t.expires, t.rotated_ms, t.access_jti, t.access_iat,
                t.access_exp, c.rotated_ms IS NOT NULL AS child_used
            FROM auth.refresh_tokens t
            JOIN auth.sessions s ON s.id = t.session JOIN auth.accounts a ON a.handle = s.handle
            LEFT JOIN auth.refresh_tokens c ON c.digest = t.child
            WHERE t.digest = $1
            """, [.bytes(token.digest)])
        return try rows.first.map(StoredRefreshToken.init(row:))
    }

    /// Marks a token as exchanged and stores its successor, in one statement: of two at once, one succeeds.
    ///
    /// Returns the stamp of the access token to be given with it; nil for the other, and where the session has ended by
    /// now. The session is locked until then: who ends it does so before this, or finds what was issued.
    func exchange(
        _ token: RefreshToken, of sessionID: String, for child: RefreshToken, _ wish: StampWish
    ) async throws(PostgresError) -> AccessStamp? {
        let rows = try await postgres.query(
            """
            WITH renewed AS (
                UPDATE auth.sessions s SET expires = $6, issued = greatest(s.issued, $5, a.revoked_before)
                FROM auth.accounts a
                WHERE s.id = $7 AND s.revoked_at IS NULL AND a.handle = s.handle RETURNING s.id, s.issued),
            exchanged AS (
                UPDATE auth.refresh_tokens SET rotated_ms = $2, child = $3, access_jti = $4,
                    access_iat = renewed.issued, access_exp = renewed.issued + $8
                FROM renewed
                WHERE digest = $1 AND session = renewed.id AND rotated_ms IS NULL RETURNING session, access_iat)
            INSERT INTO auth.refresh_tokens (digest, session, expires) SELECT $3, session, $6 FROM exchanged
            RETURNING (SELECT access_iat FROM exchanged) AS issued
            """,
            [
                .bytes(token.digest), .int(wish.nowMilliseconds), .bytes(child.digest), .text(wish.jti),
                .int(wish.now), .int(wish.sessionExpires), .text(sessionID), .int(wish.access),
            ])
        return try rows.first.map { row throws(PostgresError) in wish.stamp(issued: try row["issued"].int) }
    }

    /// Forgets sessions and tokens that are too old to be shown again: by slices, as a statement has 10 s, and so many
    /// slices of each at most; the next call goes on.
    ///
    /// Tokens first: a session takes with it those that it has, and may have had thousands.
    func removeExpired(now: Int64, slices: Int = 200, of count: Int = 1_000) async throws(PostgresError) {
        let tokens = Self.removal(of: "digest", from: "auth.refresh_tokens")
        guard try await remove(tokens, now, slices, count) else { return }
        _ = try await remove(Self.removal(of: "id", from: "auth.sessions"), now, slices, count)
    }

    /// Whether all are gone.
    private func remove(
        _ statement: String, _ now: Int64, _ slices: Int, _ count: Int
    ) async throws(PostgresError) -> Bool {
        for _ in 0..<slices {
            let removed = try await postgres.query(statement, [.int(now), .int(Int64(count))]).affected
            if removed < count { return true }
        }
        return false
    }

    private static func removal(of key: String, from table: String) -> String {
        """
        DELETE FROM \(table) WHERE \(key) IN (
            SELECT \(key) FROM \(table) WHERE expires < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
        """
    }
}

extension StoredRefreshToken {
    fileprivate init(row: PostgresRow) throws(PostgresError) {
        self.init(
            account: try Account(row: row), sessionID: try row["id"].text,
            sessionSecret: try row["secret"].bytes, isSessionRevoked: try row["revoked"].bool,
            expires: try row["expires"].int)
        guard let rotated = try row["rotated_ms"].present else { return }
        exchange = Exchange(
            milliseconds: try rotated.int,
            stamp: AccessStamp(
                jti: try row["access_jti"].text, issued: try row["access_iat"].int,
                expires: try row["access_exp"].int),
            isChildUsed: try row["child_used"].bool)
    }
}
