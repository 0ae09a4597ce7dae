/// Lets the servers finish what the rate before has left them to do, so that each is judged by itself.
///
/// After more than they can take there is a backlog for the archive, and a file that Redis writes anew.
enum Recovery {
    /// What the servers together may use, of a core, when they count as having nothing left to do: 1,000 connections
    /// that say nothing take two hundredths.
    static let quietShare = 0.1
    private static let lookSeconds = 0.5

    /// Waits until the named processes are quiet, at most `options.rest` seconds; returns at once where none is named.
    static func wait(_ options: Options, _ progress: Progress) async throws {
        guard !options.processes.isEmpty, options.rest > 0 else { return }
        let deadline = Clock.now() &+ Clock.nanoseconds(options.rest)
        var before = try used(options)
        var isTold = false
        while Clock.now() < deadline {
            // Not a wait for anything: the time over which their use is measured.
            try await Task.sleep(for: .seconds(lookSeconds))
            let now = try used(options)
            guard !isQuiet(from: before, to: now) else { return }
            if !isTold { progress.say("waiting until the servers have nothing left to do") }
            isTold = true
            before = now
        }
        progress.say("the servers are still busy after \(Figure.short(options.rest)) s: going on")
    }

    /// What they had used at a moment.
    struct Use: Sendable {
        let at: UInt64
        let cpuSeconds: Double
    }

    /// Whether little was used between two moments.
    static func isQuiet(from before: Use, to after: Use) -> Bool {
        let seconds = Double(after.at &- before.at) / 1e9
        return after.cpuSeconds - before.cpuSeconds < quietShare * seconds
    }

    private static func used(_ options: Options) throws -> Use {
        var total = 0.0
        for (name, pid) in options.processes {
            guard let use = ProcessUse(pid: pid) else { throw BenchError.server("process \(name) is gone") }
            total += use.cpuSeconds
        }
        return Use(at: Clock.now(), cpuSeconds: total)
    }
}
