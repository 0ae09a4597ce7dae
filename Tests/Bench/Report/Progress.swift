import Glibc

/// What is told on standard error while a run goes on.
struct Progress: Sendable {
    let isQuiet: Bool

    /// Tells a line.
    func say(_ line: String) {
        guard !isQuiet else { return }
        let bytes = Array("\(line)\n".utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Tells once a second how it goes, until the moment has come.
    func watch(_ generator: Generator, until end: UInt64, _ what: String) async {
        var before = await generator.tally()
        var at = Clock.now()
        while at < end {
            try? await Task.sleep(for: .nanoseconds(min(end &- at, 1_000_000_000)))
            let tally = await generator.tally()
            let now = Clock.now()
            let seconds = Double(now &- at) / 1e9
            if seconds > 0.5 {
                say("\(what): \(Progress.line(before, tally, seconds))")
            }
            (before, at) = (tally, now)
        }
    }

    private static func line(_ before: Tally, _ tally: Tally, _ seconds: Double) -> String {
        let sent = Figure.short(Double(tally.sent - before.sent) / seconds)
        let accepted = Figure.short(Double(tally.accepted - before.accepted) / seconds)
        let delivered = Figure.short(Double(tally.delivered - before.delivered) / seconds)
        let line =
            "\(sent) sent/s, \(accepted) accepted/s, \(delivered) deliveries/s, \(tally.ready) connections"
        return tally.findings.isClean ? line : "\(line), \(tally.findings.line)"
    }
}
