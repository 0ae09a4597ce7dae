public import Bus
internal import Engine
public import Hosting
public import Redis
internal import Schema
internal import Tokens

/// What several services read: the same name, the same default and the same bounds in each.
extension Settings {
    /// Where the bus is.
    public mutating func redis() -> RedisAddress {
        let address = parsed(
            "REDIS_URL", default: "redis://127.0.0.1:8079", isURL: true,
            expects: "redis://[user:password@]host:port[/db]",
            help: "The bus: Redis 7; rediss:// by TLS."
        ) { try? RedisAddress(url: $0) }
        let file = optionalString(
            "REDIS_CA", help: "PEM file with the authorities believed for rediss://; else the system's.")
        guard let file, !file.isEmpty else { return address }
        do throws(EngineError) {
            let trust = try TLSClient(authorities: file)
            if address.tls == nil { reject("REDIS_CA", because: "is for a REDIS_URL with rediss:// only") }
            return address.believing(trust)
        } catch {
            reject("REDIS_CA", because: "cannot be used: \(error)")
            return address
        }
    }

    /// Where the record is, in which the service has a schema of its own.
    public mutating func database<URL>(schema: String, _ parse: (String) -> URL?) -> URL {
        parsed(
            "DATABASE_URL", default: "postgres://parley@127.0.0.1:8078/parley", isURL: true,
            expects: "a postgres:// URL",
            help: "The record: PostgreSQL 15, schema \(schema).", parse)
    }

    /// How tokens are judged.
    public mutating func tokens() -> TokenSettings {
        let algorithm = choice(
            "JWT_ALGORITHM", default: TokenAlgorithm.eddsa, help: "How access tokens are signed.")
        let secret = secret(
            "JWT_SECRET", minimumBytes: 32, help: "The shared secret of HS256, the same for all services.")
        if algorithm == .hs256, secret == nil {
            reject("JWT_SECRET", because: "is needed where JWT_ALGORITHM is HS256")
        }
        return TokenSettings(
            algorithm: algorithm, secret: Array((secret?.value ?? "").utf8),
            issuer: string("JWT_ISSUER", default: "parley", help: "The iss of access tokens."),
            audience: string("JWT_AUDIENCE", default: "parley", help: "The aud of access tokens."))
    }

    /// How much a member may send as long as no operator has set another policy.
    public mutating func memberPolicy() -> LimitPolicy {
        LimitPolicy(
            messages: int(
                "MESSAGE_RATE_LIMIT", default: 10, in: LimitPolicy.messagesRange, unit: "messages",
                help: "Messages that a member may send in a window; 0 is no limit."),
            seconds: seconds(
                "MESSAGE_RATE_WINDOW", default: 60, in: LimitPolicy.secondsRange,
                help: "The length of that window."))
    }

    /// How many of a room's newest messages stay in Redis.
    public mutating func recentKeep() -> Int {
        int(
            "RECENT_KEEP", default: 1_000, in: 100...20_000, unit: "messages",
            help: "How many messages of a room Redis keeps for those who come back.")
    }
}
