import Bus
import Postgres
import Tokens

/// The keys that sign access tokens: made on the first start of a cluster, kept in PostgreSQL.
///
/// An operator retires a key by `retired_at = now()` and starts all instances anew at once: another one signs then,
/// made if there is none, and the retired one is published while tokens of it may live. A key in wrong hands is
/// deleted. With HS256 there is the shared secret only, and no public key.
final class KeyRing {
    private let postgres: PostgresClient
    private let settings: TokenSettings
    private let tokenLifetime: Int

    /// Makes access tokens; nil until loaded.
    private(set) var issuer: TokenIssuer?
    /// The public halves, those of other algorithms too, and of retired keys whose tokens may have lived at the start.
    private(set) var publicKeys = KeySet()

    /// `tokenLifetime`: for how many seconds an access token is good.
    init(postgres: PostgresClient, settings: TokenSettings, tokenLifetime: Int) {
        self.postgres = postgres
        self.settings = settings
        self.tokenLifetime = tokenLifetime
    }

    func load() async throws {
        guard settings.algorithm != .hs256 else {
            issuer = TokenIssuer(settings: settings, signer: try TokenSigner(hs256Secret: settings.secret))
            return
        }
        let (algorithm, lifetime) = (settings.algorithm, tokenLifetime)
        let keys = try await postgres.transaction { transaction in
            // Of several instances that start at once, one makes the key.
            try await transaction.query("SELECT pg_advisory_xact_lock(hashtext('parley.auth.signing_keys'))")
            let keys = try await KeyRing.stored(transaction, tokenLifetime: lifetime)
            if keys.contains(where: { $0.mayServe(algorithm) }) { return keys }
            let key = try SigningKey.generate(algorithm)
            try await transaction.query(
                "INSERT INTO auth.signing_keys (kid, algorithm, pem) VALUES ($1, $2, $3)",
                [.text(key.kid), .text(algorithm.rawValue), .text(key.pem)])
            return [StoredKey(key: key, isRetired: false)] + keys
        }
        guard let stored = keys.first(where: { $0.mayServe(algorithm) }) else {
            throw TokenError.unreadableKey
        }
        issuer = TokenIssuer(settings: settings, signer: TokenSigner(key: stored.key))
        publicKeys = KeySet(keys: keys.map(\.key.publicJWK))
    }

    private struct StoredKey {
        let key: SigningKey
        let isRetired: Bool

        func mayServe(_ algorithm: TokenAlgorithm) -> Bool { !isRetired && key.algorithm == algorithm }
    }

    /// Judges' clocks may be this far behind.
    private static let leewaySeconds = 60

    /// Newest first.
    private static func stored(
        _ transaction: PostgresTransaction, tokenLifetime: Int
    ) async throws -> [StoredKey] {
        let rows = try await transaction.query(
            """
            SELECT pem, retired_at IS NOT NULL AS is_retired FROM auth.signing_keys
            WHERE retired_at IS NULL OR extract(epoch FROM now() - retired_at) <= $1::bigint
            ORDER BY created_at DESC, kid
            """, [.int(Int64(tokenLifetime + leewaySeconds))])
        var keys: [StoredKey] = []
        for row in rows {
            let key = try SigningKey(pem: try row["pem"].text)
            keys.append(StoredKey(key: key, isRetired: try row["is_retired"].bool))
        }
        return keys
    }
}
