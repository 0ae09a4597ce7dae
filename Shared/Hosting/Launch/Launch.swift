import FoundationEssentials
import Glibc

/// The life of a process: its command line, its signals, its exit code.
///
/// ```swift
/// @main enum Main {
///     static func main() {
///         Launch.run(HistoryConfig.self, service: "history", summary: "Keeps what was said.") { config, context in
///             try Assembly(config, context)
///         }
///     }
/// }
/// ```
public enum Launch {
    /// Does what the command line asks for and ends the process.
    ///
    /// 0: done, or stopped in order. 1: could not start, or did not stop in time. 2: bad flags or settings.
    /// To be called on the main thread before any other thread is started.
    public static func run<Configuration: ServiceConfiguration>(
        _ type: Configuration.Type, service: String, summary: String,
        subcommands: [Subcommand<Configuration>] = [],
        build: @escaping @Sendable (Configuration, LaunchContext) async throws -> any Service
    ) -> Never {
        Signals.ignoreBrokenPipes()
        let loader = ConfigurationLoader<Configuration>(
            arguments: Array(CommandLine.arguments.dropFirst()),
            environment: ProcessInfo.processInfo.environment)
        let plan = LaunchPlan(service: service, summary: summary, subcommands: subcommands, loader: loader)
        switch plan {
        case .print(let text):
            print(text)
            exit(0)
        case .refuse(let problems):
            complain(service, problems)
            exit(2)
        case .health(let configuration):
            finish(service) {
                let verdict = await HealthCommand(hosting: configuration.hosting).run()
                print(verdict.line)
                return verdict.code
            }
        case .command(let command, let configuration, let arguments):
            let context = LaunchContext(service: service, hosting: configuration.hosting)
            finish(service) { try await command.body(configuration, arguments, context) }
        case .run(let configuration, let printed):
            Signals.block()
            DescriptorLimit.raise()
            let context = LaunchContext(service: service, hosting: configuration.hosting)
            context.log.info("starting", ["version": .string(Version.current)], .settings(printed))
            ServiceRun(context: context) { try await build(configuration, context) }.run()
        }
    }

    /// Runs a command that ends by itself; signals keep their usual meaning meanwhile.
    private static func finish(_ service: String, _ body: @escaping @Sendable () async throws -> Int32)
        -> Never
    {
        Task.detached {
            do {
                exit(try await body())
            } catch {
                let failure = error as? StartFailure
                complain(service, [failure.map { "\($0). \($0.advice)" } ?? "\(error)"])
                exit(failure?.exitCode ?? 1)
            }
        }
        while true { pause() }
    }

    private static func complain(_ service: String, _ lines: [String]) {
        let errors = LineWriter(descriptor: STDERR_FILENO)
        for line in lines { errors.write(Array("\(service): \(line)\n".utf8)) }
    }
}

extension LogField {
    /// What is in force, each setting by its name; masked already.
    fileprivate static func settings(_ printed: [(name: String, value: String)]) -> LogField {
        fields(printed.map { ($0.name, .string($0.value)) })
    }
}
