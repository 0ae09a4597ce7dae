import Bus
import Redis
import Support
import Testing
import Tokens

@testable import Access
@testable import Hosting

/// All of the shared settings at once.
private struct All: ServiceConfiguration {
    let hosting: HostingSettings
    let redis: RedisAddress
    let database: String
    let tokens: TokenSettings
    let hasLimits: Bool
    let policy: LimitPolicy
    let recentKeep: Int

    init(from settings: inout Settings) {
        hosting = settings.hosting(port: 8080)
        redis = settings.redis()
        database = settings.database(schema: "auth") { $0.hasPrefix("postgres://") ? $0 : nil }
        tokens = settings.tokens()
        hasLimits = settings.hasLimits()
        policy = settings.memberPolicy()
        recentKeep = settings.recentKeep()
        _ = settings.trustedProxies()
    }
}

struct SharedSettingsTests {
    private func load(_ environment: [String: String]) -> ConfigurationLoader<All>.Outcome {
        ConfigurationLoader<All>(arguments: [], environment: environment).load()
    }

    @Test func whatMayHoldAPasswordMayStandInAFile() {
        let settings = ConfigurationLoader<All>(arguments: [], environment: [:]).settings
        #expect(
            settings.compactMap(\.fileName) == ["REDIS_URL_FILE", "DATABASE_URL_FILE", "JWT_SECRET_FILE"])
    }

    @Test func withoutAnyTheClusterOfOneMachineIsMeant() throws {
        guard case .loaded(let config, _) = load([:]) else {
            Issue.record("refused")
            return
        }
        #expect(config.redis.port == 8079)
        #expect(config.database == "postgres://parley@127.0.0.1:8078/parley")
        #expect(config.tokens.algorithm == .eddsa)
        #expect([config.tokens.issuer, config.tokens.audience] == ["parley", "parley"])
        #expect(config.hasLimits)
        #expect(config.policy == LimitPolicy(messages: 10, seconds: 60))
        #expect(config.recentKeep == 1_000)
    }

    @Test func aSharedSecretIsTakenAsItStands() throws {
        let secret = String(repeating: "s", count: 32)
        guard case .loaded(let config, _) = load(["JWT_ALGORITHM": "HS256", "JWT_SECRET": secret]) else {
            Issue.record("refused")
            return
        }
        #expect(config.tokens.algorithm == .hs256)
        #expect(config.tokens.secret == Array(secret.utf8))
    }

    @Test func authoritiesThatAreNotThereAreNamed() throws {
        let file = "/no/such.pem"
        guard case .refused(let problems) = load(["REDIS_URL": "rediss://h", "REDIS_CA": file]) else {
            Issue.record("taken")
            return
        }
        #expect(problems == ["REDIS_CA: cannot be used: TLS: \(file): No such file or directory"])
    }

    @Test func anEncryptedBusMayHaveAuthoritiesOfItsOwn() async throws {
        let authority = try await TestAuthority()
        guard case .loaded(let config, _) = load(["REDIS_URL": "rediss://h", "REDIS_CA": authority.file])
        else {
            Issue.record("refused")
            return
        }
        #expect(config.redis.tls != nil)
        guard case .refused(let problems) = load(["REDIS_CA": authority.file]) else {
            Issue.record("taken")
            return
        }
        #expect(problems == ["REDIS_CA: is for a REDIS_URL with rediss:// only"])
    }

    @Test(arguments: [
        ("JWT_ALGORITHM", "HS256", "JWT_SECRET"), ("JWT_SECRET", "short", "JWT_SECRET"),
        ("REDIS_URL", "redis+cluster://x", "REDIS_URL"),
        ("REDIS_CA", "/no/such.pem", "REDIS_CA"), ("TLS_CERT", "/no/such.pem", "TLS_KEY"),
        ("TLS_KEY", "/no/such.key", "TLS_CERT"), ("DATABASE_URL", "mysql://x", "DATABASE_URL"),
        ("MESSAGE_RATE_LIMIT", "-1", "MESSAGE_RATE_LIMIT"),
        ("MESSAGE_RATE_WINDOW", "0", "MESSAGE_RATE_WINDOW"), ("RECENT_KEEP", "99", "RECENT_KEEP"),
        ("TRUSTED_PROXIES", "here", "TRUSTED_PROXIES"), ("LIMITS", "some", "LIMITS"),
    ])
    func aBadSettingIsNamed(name: String, value: String, culprit: String) {
        guard case .refused(let problems) = load([name: value]) else {
            Issue.record("taken")
            return
        }
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("\(culprit):") == true)
    }
}
