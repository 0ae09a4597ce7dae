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

    @Test(
        "A host may have a name that no gateway may",
        arguments: [
            ("web-1.example_org", "web-1.example_org"), ("", "gateway"), ("a b/c:d", "a-b-c-d"),
            ("\u{E4}", "--"),
            (String(repeating: "h", count: 65), String(repeating: "h", count: 64)),
            (String(repeating: "\u{E4}", count: 40), String(repeating: "-", count: 64)),
        ])
    func namesOfHosts(name: String, id: String) {
        #expect(GatewayConfig.id(ofHost: Array(name.utf8)) == id)
        guard case .loaded(let config, _) = load(["GATEWAY_ID": id]) else {
            Issue.record("refused")
            return
        }
        #expect(config.id == id)
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

    @Test(
        "What could not be read again as a page of history may not be sent",
        arguments: [
            ("MAX_MESSAGE_BYTES", 262_144), ("MAX_METADATA_BYTES", 65_536),
        ])
    func sizesOfMessages(setting: String, most: Int) {
        guard case .loaded = load([setting: String(most)]) else {
            Issue.record("refused")
            return
        }
        guard case .refused(let problems) = load([setting: String(most + 1)]) else {
            Issue.record("taken")
            return
        }
        #expect(problems.count == 1 && problems[0].contains(setting))
    }

    @Test func whatWaitsForAReaderMayBeOneMessageAtLeast() {
        guard
            case .refused(let problems) = load(["MAX_MESSAGE_BYTES": "65537", "SEND_QUEUE_BYTES": "65536"])
        else {
            Issue.record("taken")
            return
        }
        #expect(problems.count == 1 && problems[0].contains("SEND_QUEUE_BYTES"))
    }
}
