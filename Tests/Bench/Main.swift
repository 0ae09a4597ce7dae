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
        case "plot": try PlotCommand(words).run()
        case "limit": try await LimitCommand.run(LimitOptions(words))
        case "fanout", "slow", "pair":
            try await conclude(Options(mode, words)) { try await FanOut.run($0, mode: mode) }
        case "steps": try await conclude(Options(mode, words), Steps.run)
        case "ramp": try await conclude(Options(mode, words), Ramp.run)
        case "idle": try await conclude(Options(mode, words), Idle.run)
        case "storm": try await conclude(Options(mode, words), Storm.run)
        default: throw BenchError.usage("no mode \(mode): see parley-bench help")
        }
    }

    private static func conclude(_ options: Options, _ run: (Options) async throws -> Report) async throws {
        Descriptors.raise()
        let report = try await run(options)
        print(report.line)
        if let file = options.json { try report.json().write(to: URL(filePath: file)) }
        if let file = options.plot { try Data(report.plot.svg.utf8).write(to: URL(filePath: file)) }
        fflush(nil)
        exit(report.isClean ? 0 : 1)
    }

    private static func tell(_ line: String) { Progress(isQuiet: false).say(line) }

    private static var usage: String {
        """
        usage: parley-bench MODE [OPTION...]

          fanout    people talk in rooms: closed loop (--window) or open loop (--rate)
          ramp      the highest rate at which the 99th percentile keeps below --bound
          idle      connections that say nothing: memory and processor time of each (needs --pid)
          storm     all connect, are cut off, and come back, while those who send go on (--rate)
          slow      some do not read (--slow): what the others feel
          pair      clients take turns at two nodes: latency at the same one and at the other
          steps     do what standard input says: `connect`, `send N` (each publisher), `cut` (who does not send)
          limit     be the limit server: the leanest broadcaster on the same engine
          plot      draw figures of several runs

        Each run checks that nothing is lost, comes twice or in another order, and fails (status 1) where something does.

        options of the modes:
        \(Options.help)

        options of limit:
        \(LimitOptions.help)

        options of plot:
        \(PlotCommand.help)
        """
    }
}
