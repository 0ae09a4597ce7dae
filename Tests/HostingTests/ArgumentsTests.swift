import Testing

@testable import Hosting

private func parse(_ line: String) -> Arguments {
    let settings = [
        ("PORT", Setting.Kind.plain), ("REDIS_URL", .url), ("JWT_SECRET", .secret), ("LIMITS", .flag),
    ]
    return Arguments(
        line.split(separator: " ").map(String.init),
        settings: settings.map { Setting(name: $0, kind: $1, defaultText: nil, values: "", help: "") })
}

@Suite struct ArgumentsTests {
    @Test(arguments: [
        ("", [:]),
        ("--port=1", ["PORT": "1"]),
        ("--port 1 --redis-url redis://h", ["PORT": "1", "REDIS_URL": "redis://h"]),
        ("--port=1 --port=2", ["PORT": "2"]),
        ("--port=", ["PORT": ""]),
        ("--port -5", ["PORT": "-5"]),
        ("--limits", ["LIMITS": "on"]),
        ("--limits off", ["LIMITS": "off"]),
        ("--limits=no", ["LIMITS": "no"]),
        ("--jwt-secret-file=/s --redis-url-file /u", ["JWT_SECRET_FILE": "/s", "REDIS_URL_FILE": "/u"]),
    ])
    func flagsBecomeValues(line: String, values: [String: String]) {
        #expect(parse(line).values == values)
        #expect(parse(line).problems.isEmpty)
    }

    @Test(arguments: [
        ("--prot=8080", #"unknown flag "--prot", see --help"#),
        ("-p 1", #"unknown flag "-p", see --help"#),
        ("--port-file=/x", #"unknown flag "--port-file", see --help"#),
        ("--help=yes", #"unknown flag "--help", see --help"#),
        ("--PORT=1", #"unknown flag "--PORT", see --help"#),
        ("--port", "--port: needs a value"),
        ("--port --limits", "--port: needs a value"),
        ("--config", "--config: needs a value"),
    ])
    func aFlagThatIsWrongIsNamed(line: String, problem: String) {
        #expect(parse(line).problems == [problem])
    }

    @Test(arguments: [
        ("", Arguments.Request.run), ("--help", .help), ("-h", .help), ("--version", .version),
        ("--check-config", .checkConfiguration), ("--port 1 --print-config", .printConfiguration),
        ("--help --version", .help), ("--nonsense --help", .help),
    ])
    func aRequestIsSeen(line: String, request: Arguments.Request) {
        #expect(parse(line).request == request)
    }

    @Test(arguments: [
        ("health", ["health"]), ("--port 1 create-admin alice --limits", ["create-admin", "alice"]),
        ("create-admin -- --alice", ["create-admin", "--alice"]),
        ("--limits create-admin bob", ["create-admin", "bob"]),
    ])
    func wordsThatAreNoFlagsAreKept(line: String, words: [String]) {
        #expect(parse(line).words == words)
    }

    @Test func aConfigurationFileIsNamed() {
        #expect(parse("--config a.conf").configurationFile == "a.conf")
        #expect(parse("--config=b.conf").configurationFile == "b.conf")
    }
}
