import Access
import Bus
import Hosting
import Redis

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
        redis = settings.redis()
        tokens = settings.tokens()
        memberPolicy = settings.memberPolicy()
        hasLimits = settings.hasLimits()
        sweepSeconds = settings.seconds(
            "SWEEP_SECONDS", default: 5, in: 1...60, help: "How often gateways that died are looked for.")
    }
}
