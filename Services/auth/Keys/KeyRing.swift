import Bus
import Postgres
import Tokens

/// The keys that sign access tokens: made on the first start of a cluster, kept in PostgreSQL.
///
/// With HS256 there is the shared secret only, and no public key.
final class KeyRing {
    private let postgres: PostgresClient
    private let settings: TokenSettings

    /// Makes access tokens; nil until loaded.
    private(set) var issuer: TokenIssuer?
    /// The public halves, of retired algorithms too, for as long as their tokens may live.
    private(set) var publicKeys = KeySet()

    init(postgres: PostgresClient, settings: TokenSettings) {
        self.postgres = postgres
        self.settings = settings
    }

    func load() async throws {
        guard settings.algorithm != .hs256 else {
            issuer = TokenIssuer(settings: settings, signer: try TokenSigner(hs256Secret: settings.secret))
            return
        }
        let algorithm = settings.algorithm
        let keys = try await postgres.transaction { transaction in
            // Of several instances that start at once, one makes the key.
            try await transaction.query("SELECT pg_advisory_xact_lock(hashtext('parley.auth.signing_keys'))")
            let keys = try await KeyRing.stored(transaction)
            if keys.contains(where: { $0.algorithm == algorithm }) { return keys }
            let key = try SigningKey.generate(algorithm)
            try await transaction.query(
                "INSERT INTO auth.signing_keys (kid, algorithm, pem) VALUES ($1, $2, $3)",
                [.text(key.kid), .text(algorithm.rawValue), .text(key.pem)])
            return [key] + keys
        }
        guard let key = keys.first(where: { $0.algorithm == algorithm }) else {
            throw TokenError.unreadableKey
        }
        issuer = TokenIssuer(settings: settings, signer: TokenSigner(key: key))
        publicKeys = KeySet(keys: keys.map(\.publicJWK))
    }

    /// Newest first.
    private static func stored(_ transaction: PostgresTransaction) async throws -> [SigningKey] {
        let rows = try await transaction.query(
            "SELECT pem FROM auth.signing_keys WHERE retired_at IS NULL ORDER BY created_at DESC, kid")
        var keys: [SigningKey] = []
        for row in rows { keys.append(try SigningKey(pem: try row["pem"].text)) }
        return keys
    }
}
