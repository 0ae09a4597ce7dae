import Bus
import Hosting
import Redis
import Tokens

/// Every setting of presence.
struct PresenceConfig {
    var hosting: HostingSettings
    var redis: RedisAddress
    var tokens: TokenSettings
    /// The policy of `member` as long as no operator has set another.
    var memberPolicy: LimitPolicy
    var hasLimits: Bool
    var sweepSeconds: Int
}

extension PresenceConfig: ServiceConfiguration {
    init(from settings: inout Settings) {
        hosting = settings.hosting(port: 8083)
        redis = settings.parsed(
            "REDIS_URL", default: "redis://127.0.0.1:8079", expects: "a redis:// URL",
            help: "The bus: Redis 7."
        ) { try? RedisAddress(url: $0) }
        tokens = PresenceConfig.tokens(&settings)
        memberPolicy = LimitPolicy(
            messages: settings.int(
                "MESSAGE_RATE_LIMIT", default: 10, in: 0...1_000_000,
                help: "Messages that a member may send in a window; 0 is no limit."),
            seconds: settings.seconds(
                "MESSAGE_RATE_WINDOW", default: 60, in: 1...86_400, help: "The length of that window."))
        hasLimits = settings.bool(
            "LIMITS", default: true, help: "off lifts every limit of rate and count.")
        sweepSeconds = settings.seconds(
            "SWEEP_SECONDS", default: 5, in: 1...60, help: "How often gateways that died are looked for.")
    }

    private static func tokens(_ settings: inout Settings) -> TokenSettings {
        let algorithm = settings.choice(
            "JWT_ALGORITHM", default: TokenAlgorithm.eddsa, help: "How access tokens are signed.")
        let secret = settings.secret(
            "JWT_SECRET", minimumBytes: 32, help: "The shared secret of HS256, the same for all services.")
        if algorithm == .hs256, secret == nil {
            settings.reject("JWT_SECRET", because: "is needed where JWT_ALGORITHM is HS256")
        }
        return TokenSettings(
            algorithm: algorithm, secret: Array((secret?.value ?? "").utf8),
            issuer: settings.string("JWT_ISSUER", default: "parley", help: "The iss of access tokens."),
            audience: settings.string("JWT_AUDIENCE", default: "parley", help: "The aud of access tokens."))
    }
}
