/// `storm`: all connect at once, are cut off, and come back, while those who send go on.
///
/// Who comes back names the last place it had, so that what was said meanwhile must reach it too.
enum Storm {
    static func run(_ options: Options) async throws -> Report {
        let progress = Progress(isQuiet: options.isQuiet)
        let generator = try await Generator.prepare(options)
        var report = Report(mode: "storm", options)
        let before = try await Meter.read(generator, options)
        do {
            report.waves = [try await wave(generator, options, progress, "first")]
            let start = Clock.now()
            if let rate = options.rate, !options.peer.isRaw {
                // Until it is told to end: so long nobody waits.
                let end = start &+ Clock.nanoseconds(86_400)
                try await generator.begin(window: nil, rate: rate, from: start, measured: start...end)
            }
            for _ in 0..<options.waves {
                await progress.watch(
                    generator, until: Clock.now() &+ Clock.nanoseconds(options.warmup), "talking")
                await generator.dropHearers()
                report.waves.append(try await wave(generator, options, progress, "again"))
            }
        } catch {
            await generator.end()
            throw error
        }
        await generator.endSending()
        try await Meter.read(generator, options).fill(&report, since: before)
        await generator.drain(options)
        summarize(&report)
        report.fill(await generator.timings(), isOpen: options.rate != nil)
        await generator.finish(&report)
        return report
    }

    private static func wave(
        _ generator: Generator, _ options: Options, _ progress: Progress, _ kind: String
    ) async throws -> Report.Wave {
        let before = try await Meter.read(generator, options)
        await generator.connect(atOnce: options.atOnce)
        let after = try await Meter.read(generator, options)
        var report = Report(mode: "storm", options)
        after.fill(&report, since: before)
        let connects = after.tally.ready - before.tally.ready
        let wave = Report.Wave(
            kind: kind, connects: connects, seconds: report.seconds,
            connectsPerSecond: Double(connects) / report.seconds,
            connectsPerCpuSecond: report.serverCpuSeconds.flatMap { $0 > 0 ? Double(connects) / $0 : nil },
            cpuSeconds: report.processes.mapValues(\.cpuSeconds),
            failed: after.tally.findings.unconnected - before.tally.findings.unconnected)
        progress.say(wave.line)
        return wave
    }

    private static func summarize(_ report: inout Report) {
        report.firstConnectsPerCpuSecond = report.waves.first?.connectsPerCpuSecond
        // The first one makes members of all: what comes again is what a storm is.
        let waves = report.waves.count > 1 ? Array(report.waves.dropFirst()) : report.waves
        let connects = waves.reduce(0) { $0 + $1.connects }
        let seconds = waves.reduce(0) { $0 + $1.seconds }
        report.connectsPerSecond = seconds > 0 ? Double(connects) / seconds : nil
        let cpu = waves.reduce(0.0) { $0 + $1.cpuSeconds.values.reduce(0, +) }
        report.connectsPerCpuSecond = cpu > 0 ? Double(connects) / cpu : nil
    }
}
