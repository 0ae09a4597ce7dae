import Bus
import Engine
import Postgres
import Schema
import Tokens

/// Takes tokens back: first in PostgreSQL, then in this process, then everywhere.
final class Revocations {
    /// Judges' clocks may be this far behind.
    private static let leeway: Int64 = 60

    private let postgres: PostgresClient
    private let authority: Authority
    private let publisher: Publisher
    private let lifetime: Int64
    private let horizon: Horizon

    /// `lifetime`: for how many seconds the access tokens of a login session may be good, whoever issues them.
    ///
    /// `horizon`: how long any token may be.
    init(
        postgres: PostgresClient, authority: Authority, publisher: Publisher, lifetime: Int, horizon: Horizon
    ) {
        self.postgres = postgres
        self.authority = authority
        self.publisher = publisher
        self.lifetime = Int64(lifetime)
        self.horizon = horizon
    }

    /// How long the tokens that a user may hold can be good.
    enum Horizon {
        /// Only auth issues them: a day, the most that `ACCESS_TOKEN_TTL` can be; it may have been more than it is.
        case oneDay
        /// Others may issue them, or it is not known: what ends them is not forgotten.
        case unknown

        fileprivate func end(after second: Int64) -> Int64 {
            switch self {
            case .oneDay: second + Int64(TokenLifetimes.longestAccess) + leeway
            case .unknown: Revocation.never
            }
        }
    }

    /// Ends login sessions; their refresh tokens, access tokens and live connections.
    ///
    /// `expires`: when the longest-lived token that is known of ends.
    func endSessions(_ ids: [String], expires: Int64 = 0, now: Int64) async throws {
        guard !ids.isEmpty else { return }
        let end = max(now + lifetime, expires) + Self.leeway
        let revocations = ids.map { Revocation(.session($0), expires: end) }
        let ending: PostgresStatement = (
            "UPDATE auth.sessions SET revoked_at = now() WHERE id = ANY($1) AND revoked_at IS NULL",
            [.textArray(ids)]
        )
        await tell(revocations, try await postgres.pipeline([ending] + Self.recording(revocations)))
    }

    /// Ends all login sessions of a user, and all tokens issued before it is done.
    ///
    /// `identity`: that of the token by which they ask; another issuer's clock may be ahead of ours. One that does not say
    /// when it was issued is older than any time: so are those that come after it.
    func endAll(of identity: Identity, now: Int64) async throws {
        let horizon = horizon
        let issued = min(identity.issuedAt ?? 0, Self.latestIssue(at: now))
        let (revocation, results) = try await postgres.transaction { transaction in
            let (revocation, statements) = try await Self.endAll(
                of: identity.user, horizon, issuedUntil: issued, in: transaction)
            return (revocation, try await transaction.commit(after: statements))
        }
        await tell([revocation], results)
    }

    /// Replaces the hash of a password and ends all login sessions but `kept`, both or neither.
    ///
    /// False, and nothing is done, where the hash is another one by now.
    func replacePassword(
        _ old: String, by new: String, of user: UserHandle, keeping kept: String?
    ) async throws -> Bool {
        let lifetime = lifetime
        let done = try await postgres.transaction { transaction in
            let (sql, parameters) = PostgresAccounts.replacement(of: old, by: new, of: user)
            guard try await transaction.query(sql, parameters).affected == 1 else {
                return nil as (revocations: [Revocation], results: [PostgresRows])?
            }
            let ended = try await Self.endSessions(of: user, but: kept, lifetime: lifetime, in: transaction)
            return (ended, try await transaction.commit(after: Self.recording(ended)))
        }
        if let done { await tell(done.revocations, done.results) }
        return done != nil
    }

    /// What a token that is good now may say when it was issued, its issuer's clock being ahead: just so far that what auth
    /// issues at once after all were ended is not of the future to judges.
    static func latestIssue(at now: Int64) -> Int64 { now + Int64(TokenVerifier.usualLeeway) - 1 }

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

    /// Ends all login sessions of a user, and all tokens issued before it is done; the statements have to follow.
    ///
    /// `issuedUntil`: those that say so late a second, too.
    ///
    /// Whoever gives one out locks the account or the session first (`PostgresSessions`): what they issued is known
    /// here, or they find the session ended. All who lock both begin with the account.
    static func endAll(
        of user: UserHandle, _ horizon: Horizon, issuedUntil: Int64 = 0, in transaction: PostgresTransaction
    ) async throws(PostgresError) -> (revocation: Revocation, statements: [PostgresStatement]) {
        let found = try await transaction.pipeline([
            // As an UPDATE locks, as who becomes a member need not wait.
            (
                "SELECT revoked_before FROM auth.accounts WHERE handle = $1 FOR NO KEY UPDATE",
                [.text(user.text)]
            ),
            (
                """
                WITH ended AS (
                    UPDATE auth.sessions SET revoked_at = now() WHERE handle = $1 AND revoked_at IS NULL
                    RETURNING issued)
                SELECT coalesce(max(issued), 0) AS issued FROM ended
                """, [.text(user.text)]
            ),
        ])
        let known = try found[0].first?["revoked_before"].int ?? 0
        let issued = try found[1].first?["issued"].int ?? 0
        // The clock is read now that nobody gives out any.
        let before = max(known, max(WallClock.milliseconds() / 1000, issued, issuedUntil) + 1)
        let revocation = Revocation(.user(user, before: before), expires: horizon.end(after: before))
        let change: PostgresStatement = (
            "UPDATE auth.accounts SET revoked_before = $2 WHERE handle = $1",
            [.text(user.text), .int(before)]
        )
        return (revocation, [change] + recording([revocation]))
    }

    /// Ends the login sessions of a user but `kept`, once the account has been changed; `recording` has to follow.
    ///
    /// A statement of its own: it sees the session of a log-in that the change had to wait for.
    static func endSessions(
        of user: UserHandle, but kept: String? = nil, lifetime: Int64, in transaction: PostgresTransaction
    ) async throws(PostgresError) -> [Revocation] {
        let ended = try await transaction.query(
            """
            UPDATE auth.sessions SET revoked_at = now()
            WHERE handle = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL RETURNING id
            """, [.text(user.text), .init(kept)])
        let end = WallClock.milliseconds() / 1000 + lifetime + leeway
        var revocations: [Revocation] = []
        for row in ended { revocations.append(Revocation(.session(try row["id"].text), expires: end)) }
        return revocations
    }

    /// What a transaction that takes tokens back ends with.
    static func recording(_ revocations: [Revocation]) -> [PostgresStatement] {
        revocations.map(insert) + [Publisher.enqueue(revocations.map(ControlEvent.revoked))]
    }

    /// Tells what has been committed.
    private func tell(_ revocations: [Revocation], _ results: [PostgresRows]) async {
        for revocation in revocations { authority.hear(.revoked(revocation)) }
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
