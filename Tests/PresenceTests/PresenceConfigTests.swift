import Bus
import Testing

@testable import ChatPresence
@testable import Hosting

struct PresenceConfigTests {
    private func load(_ environment: [String: String]) -> ConfigurationLoader<PresenceConfig>.Outcome {
        ConfigurationLoader<PresenceConfig>(arguments: [], environment: environment).load()
    }

    @Test func withoutSettingsAMemberSendsTenInAMinute() throws {
        guard case .loaded(let config, _) = load([:]) else {
            Issue.record("refused")
            return
        }
        #expect(config.hosting.port == 8083)
        #expect(config.memberPolicy == LimitPolicy(messages: 10, seconds: 60))
        #expect(config.hasLimits)
        #expect(config.sweepSeconds == 5)
    }

    @Test func limitsCanBeTurnedOff() throws {
        guard case .loaded(let config, _) = load(["LIMITS": "off", "MESSAGE_RATE_LIMIT": "0"]) else {
            Issue.record("refused")
            return
        }
        #expect(!config.hasLimits)
        #expect(config.memberPolicy.messages == 0)
    }

    @Test(arguments: [
        ("JWT_ALGORITHM", "HS256", "JWT_SECRET"), ("MESSAGE_RATE_LIMIT", "-1", "MESSAGE_RATE_LIMIT"),
        ("SWEEP_SECONDS", "x", "SWEEP_SECONDS"),
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
