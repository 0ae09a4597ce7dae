import Testing

@testable import ChatGateway
@testable import Hosting

struct GatewayConfigTests {
    private func load(_ environment: [String: String]) -> ConfigurationLoader<GatewayConfig>.Outcome {
        ConfigurationLoader<GatewayConfig>(arguments: [], environment: environment).load()
    }

    @Test(arguments: [([:], Cores.available), (["LOOPS": "0"], Cores.available), (["LOOPS": "1"], 1)])
    func aLoopForEachCoreUnlessTold(environment: [String: String], loops: Int) {
        guard case .loaded(let config, _) = load(environment) else {
            Issue.record("refused")
            return
        }
        #expect(config.loops == loops)
    }

    @Test(arguments: ["-1", "257", "two"]) func whatIsNoNumberOfLoopsIsRefused(text: String) {
        guard case .refused(let problems) = load(["LOOPS": text]) else {
            Issue.record("taken")
            return
        }
        #expect(problems.count == 1 && problems[0].contains("LOOPS"))
    }

    @Test(arguments: [("60", "60"), ("90", "60"), ("25", "20")])
    func aSilenceThatAHeartbeatCannotBreakIsRefused(heartbeat: String, silence: String) {
        guard
            case .refused(let problems) = load(["HEARTBEAT_SECONDS": heartbeat, "SILENCE_SECONDS": silence])
        else {
            Issue.record("taken")
            return
        }
        #expect(problems.count == 1 && problems[0].contains("SILENCE_SECONDS"))
    }
}
