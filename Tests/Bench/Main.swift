import FoundationEssentials
import Glibc

/// `parley-bench MODE [OPTION...]`.
@main
enum Main {
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        var words = Array(CommandLine.arguments.dropFirst())
        let mode = words.isEmpty ? "help" : words.removeFirst()
        do {
            try await run(mode, words)
        } catch let error as BenchError {
            tell("parley-bench: \(error)")
            if case .usage = error { exit(2) }
            exit(1)
        } catch {
            tell("parley-bench: \(error)")
            exit(1)
        }
    }

    private static func run(_ mode: String, _ words: [String]) async throws {
        if mode == "help" || mode == "--help" || words.contains("--help") { return print(usage) }
        switch mode {
        case "limit": try await LimitCommand.run(LimitOptions(words))
        case "fanout": try await conclude(Options(words), FanOut.run)
        default: throw BenchError.usage("no mode \(mode): see parley-bench help")
        }
    }

    private static func conclude(_ options: Options, _ run: (Options) async throws -> Report) async throws {
        Descriptors.raise()
        let report = try await run(options)
        print(report.line)
        if let file = options.json { try report.json().write(to: URL(filePath: file)) }
        fflush(nil)
        exit(report.isClean ? 0 : 1)
    }

    private static func tell(_ line: String) { Progress(isQuiet: false).say(line) }

    private static var usage: String {
        """
        usage: parley-bench MODE [OPTION...]

          fanout    people talk in rooms: closed loop (--window) or open loop (--rate)
          limit     be the limit server: the leanest broadcaster on the same engine

        Each run checks that nothing is lost, comes twice or in another order, and fails (status 1) where something does.

        options of the modes:
        \(Options.help)

        options of limit:
        \(LimitOptions.help)
        """
    }
}
