import Testing

@testable import Hosting

private struct Sample: ServiceConfiguration {
    let hosting: HostingSettings
    let key: Secret?

    init(from settings: inout Settings) {
        hosting = settings.hosting(port: 8081)
        _ = settings.bool("OPEN", default: false, help: "Whether all may come.")
        key = settings.secret("KEY", help: "A key.")
    }
}

private func plan(_ line: String, _ environment: [String: String] = [:]) -> String {
    let loader = ConfigurationLoader<Sample>(
        arguments: line.split(separator: " ").map(String.init), environment: environment)
    let create = Subcommand<Sample>("create-admin", arguments: ["NAME"], help: "Makes one.") { _, _, _ in 0 }
    let plan = LaunchPlan(service: "auth", summary: "Accounts.", subcommands: [create], loader: loader)
    return switch plan {
    case .print(let text): "print \(text)"
    case .refuse(let problems): "refuse \(problems.joined(separator: "; "))"
    case .run(let sample, _): "run \(sample.hosting.port)"
    case .health(let sample): "health \(sample.hosting.port)"
    case .command(let command, _, let arguments): "\(command.name) \(arguments.joined(separator: " "))"
    }
}

@Suite struct LaunchPlanTests {
    @Test(arguments: [
        ("", "run 8081"),
        ("--port=1", "run 1"),
        ("health --port 9", "health 9"),
        ("create-admin alice", "create-admin alice"),
        ("--version", "print auth 0.1.0"),
        ("--check-config", "print configuration is valid"),
        ("--prot=1", #"refuse unknown flag "--prot", see --help"#),
        ("--port=0", #"refuse PORT: "0" is not a whole number from 1 to 65535 (flag)"#),
        ("--port=0 --check-config", #"refuse PORT: "0" is not a whole number from 1 to 65535 (flag)"#),
        ("--port=0 --version", "print auth 0.1.0"),
        ("serve", #"refuse unknown command "serve", see --help"#),
        (
            "--open maybe",
            #"refuse "maybe" is neither a value of --open (on or off, true or false, yes or no, 1 or 0)"#
                + " nor a command, see --help"
        ),
        ("--open off maybe", #"refuse unknown command "maybe", see --help"#),
        ("--open --port 1 maybe", #"refuse unknown command "maybe", see --help"#),
        ("--open health", "health 8081"),
        ("create-admin", "refuse create-admin: expected NAME"),
        ("create-admin a b", "refuse create-admin: expected NAME"),
        ("health now", "refuse health: expected no arguments"),
    ])
    func aCommandLineBecomesAPlan(line: String, expected: String) {
        #expect(plan(line) == expected)
    }

    @Test func theSettingsInForceArePrintedMasked() {
        let printed = plan("--print-config", ["KEY": "hunter2"])
        #expect(
            printed.hasPrefix("print HOST=127.0.0.1\nPORT=8081\nLOG_LEVEL=info\nSHUTDOWN_SECONDS=20\n"))
        #expect(printed.hasSuffix("\nKEY=********"))
    }

    @Test func helpNamesTheCommands() {
        let help = plan("--help")
        #expect(help.contains("\n  create-admin NAME\n      Makes one.\n"))
        #expect(help.contains("\n  health\n"))
    }
}
