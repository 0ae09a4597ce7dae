import Testing

@testable import ChatAuth
@testable import Hosting

@Suite struct AuthConfigTests {
    private func load(_ environment: [String: String]) throws -> AuthConfig {
        let loader = ConfigurationLoader<AuthConfig>(arguments: [], environment: environment)
        guard case .loaded(let config, _) = loader.load() else { throw BadSettings() }
        return config
    }

    @Test func limitsAreGenerousAndCanBeLifted() throws {
        let usual = try load([:])
        #expect(usual.hasLimits)
        #expect([usual.loginFailuresPerAddress, usual.roomChangesPerUser] == [100, 20_000])
        let lifted = try load(["LIMITS": "off"])
        #expect(!lifted.hasLimits)
        #expect([lifted.loginFailuresPerAddress, lifted.roomChangesPerUser] == [0, 0])
    }
}
