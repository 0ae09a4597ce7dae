/// What a command line asks a service's binary to do, decided before anything is done.
enum LaunchPlan<Configuration: ServiceConfiguration> {
    /// Print and end with 0.
    case print(String)
    /// Print each line as an error and end with 2.
    case refuse([String])
    /// Run the service.
    case run(Configuration, printed: [(name: String, value: String)])
    /// Ask the running process whether it is ready.
    case health(Configuration)
    /// Run one of the service's own commands.
    case command(Subcommand<Configuration>, Configuration, [String])

    init(
        service: String, summary: String, subcommands: [Subcommand<Configuration>],
        loader: ConfigurationLoader<Configuration>
    ) {
        switch loader.arguments.request {
        case .help:
            let commands =
                [("health", "Ask the running service whether it is ready: 0 when it is, else 1.")]
                + subcommands.map { ($0.usage, $0.help) }
            let usage = Usage(
                program: service, summary: summary, commands: commands, settings: loader.settings)
            self = .print(usage.text)
        case .version:
            self = .print("\(service) \(Version.current)")
        case .run, .checkConfiguration, .printConfiguration:
            self = LaunchPlan.loaded(loader, subcommands)
        }
    }

    private static func loaded(
        _ loader: ConfigurationLoader<Configuration>, _ subcommands: [Subcommand<Configuration>]
    ) -> LaunchPlan {
        let misuse = misuse(loader.arguments, subcommands)
        switch loader.load() {
        case .refused(let problems): return .refuse(problems + misuse)
        case .loaded where !misuse.isEmpty: return .refuse(misuse)
        case .loaded(let configuration, let printed):
            switch loader.arguments.request {
            case .checkConfiguration: return .print("configuration is valid")
            case .printConfiguration:
                let lines = printed.map { ConfigurationFile.line($0.name, $0.value) }
                return .print(lines.joined(separator: "\n"))
            default: return act(configuration, printed, loader.arguments.words, subcommands)
            }
        }
    }

    private static func act(
        _ configuration: Configuration, _ printed: [(name: String, value: String)], _ words: [String],
        _ subcommands: [Subcommand<Configuration>]
    ) -> LaunchPlan {
        guard let name = words.first else { return .run(configuration, printed: printed) }
        guard let command = subcommands.first(where: { $0.name == name }) else {
            return .health(configuration)
        }
        return .command(command, configuration, Array(words.dropFirst()))
    }

    /// What is wrong with the words that are no flags.
    private static func misuse(_ arguments: Arguments, _ subcommands: [Subcommand<Configuration>]) -> [String]
    {
        let words = arguments.words
        guard let name = words.first else { return [] }
        let command = subcommands.first { $0.name == name }
        guard command != nil || name == "health" else {
            guard let flag = arguments.wordBehind else {
                return ["unknown command \(Quoted(name)), see --help"]
            }
            return [
                "\(Quoted(name)) is neither a value of \(flag) (\(Switch.help)) nor a command, see --help"
            ]
        }
        let expected = command?.arguments ?? []
        guard words.count - 1 != expected.count else { return [] }
        return ["\(name): expected \(expected.isEmpty ? "no arguments" : expected.joined(separator: " "))"]
    }
}
