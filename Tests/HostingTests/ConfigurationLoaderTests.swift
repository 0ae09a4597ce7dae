import Testing

@testable import Hosting

private struct Sample: ServiceConfiguration {
    let hosting: HostingSettings
    let name: String
    let key: Secret?

    init(from settings: inout Settings) {
        hosting = settings.hosting(port: 8080)
        name = settings.string("NAME", default: "default", help: "A name.")
        key = settings.secret("KEY", help: "A key.")
        if name == "forbidden" { settings.reject("NAME", because: "is taken") }
    }
}

private func load(
    _ arguments: [String] = [], _ environment: [String: String] = [:], file: String? = nil
) -> ConfigurationLoader<Sample>.Outcome {
    ConfigurationLoader<Sample>(
        arguments: arguments, environment: environment, readFile: { $0 == "conf" ? file : nil }
    ).load()
}

private func name(_ outcome: ConfigurationLoader<Sample>.Outcome) -> String? {
    guard case .loaded(let sample, _) = outcome else { return nil }
    return sample.name
}

private func problems(_ outcome: ConfigurationLoader<Sample>.Outcome) -> [String] {
    guard case .refused(let problems) = outcome else { return [] }
    return problems
}

@Suite struct ConfigurationLoaderTests {
    @Test func eachSourceIsStrongerThanTheOneBefore() {
        #expect(name(load()) == "default")
        #expect(name(load([], ["CONFIG_FILE": "conf"], file: "NAME=file")) == "file")
        #expect(name(load(["--config=conf"], ["NAME": "environment"], file: "NAME=file")) == "environment")
        #expect(name(load(["--name", "flag"], ["NAME": "environment"])) == "flag")
    }

    @Test func anEmptyVariableIsNotSet() {
        #expect(name(load([], ["NAME": "", "CONFIG_FILE": ""])) == "default")
    }

    @Test func problemsOfAllSourcesComeTogether() {
        let outcome = load(
            ["--nmae=x", "--port=0"], ["CONFIG_FILE": "conf", "LOG_LEVEL": "loud", "NAME": "forbidden"],
            file: "KYE=1")
        #expect(
            problems(outcome) == [
                #"unknown flag "--nmae", see --help"#,
                #"conf, line 1: unknown setting "KYE""#,
                #"PORT: "0" is not a whole number from 1 to 65535 (flag)"#,
                #"LOG_LEVEL: "loud" is none of: debug, info, warn, error (environment)"#,
                "NAME: is taken",
            ])
    }

    @Test func aHostThatIsNoAddressIsRefused() {
        #expect(
            problems(load([], ["HOST": "localhost"])) == [
                #"HOST: "localhost" is not an IP address (environment)"#
            ])
        #expect(name(load([], ["HOST": "::1"])) != nil)
    }

    @Test func aMissingFileIsNamed() {
        #expect(problems(load(["--config=none"])) == [#"--config: cannot read "none""#])
        #expect(problems(load([], ["CONFIG_FILE": "none"])) == [#"CONFIG_FILE: cannot read "none""#])
    }

    @Test func theResolvedSettingsAreMasked() {
        guard case .loaded(_, let printed) = load([], ["KEY": "hunter2", "NAME": "n"]) else {
            Issue.record("not loaded")
            return
        }
        let lines = printed.map { "\($0.name)=\($0.value)" }
        #expect(
            lines.prefix(4) == ["HOST=127.0.0.1", "PORT=8080", "LOG_LEVEL=info", "SHUTDOWN_SECONDS=20"])
        #expect(lines.suffix(2) == ["NAME=n", "KEY=********"])
    }

    @Test func helpTellsEachSettingWithItsDefaultUnitAndSentence() {
        let settings = ConfigurationLoader<Sample>(arguments: [], environment: [:]).settings
        let text = Usage(
            program: "sample", summary: "A sample.", commands: [("health", "Asks.")], settings: settings
        ).text
        #expect(text.contains("Usage: sample [COMMAND] [FLAG...]\n\nA sample.\n"))
        #expect(text.contains("  health\n      Asks.\n"))
        #expect(text.contains("  PORT, --port\n      TCP port to listen on. [1 to 65535; default 8080]\n"))
        #expect(text.contains("  KEY, --key; or KEY_FILE\n      A key. [secret; no default]"))
        #expect(text.contains("before the process ends anyway. [1 to 600 seconds; default 20]"))
    }
}
