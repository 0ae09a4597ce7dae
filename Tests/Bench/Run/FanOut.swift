/// `fanout`: people talk in rooms, and everybody in the room hears it.
enum FanOut {
    /// Connects, warms up, measures, waits for what is under way, and checks all of it.
    ///
    /// `slow` and `pair` are this too: with readers that do not read, and at two nodes.
    static func run(_ options: Options, mode: String = "fanout") async throws -> Report {
        let progress = Progress(isQuiet: options.isQuiet)
        let generator = try await Generator.prepare(options)
        progress.say("connecting \(generator.plan.connections) clients")
        try await generator.connectAll(options)
        var report = Report(mode: mode, options)
        do {
            try await measure(generator, options, &report, progress)
        } catch {
            await generator.end()
            throw error
        }
        await generator.end()
        return report
    }

    private static func measure(
        _ generator: Generator, _ options: Options, _ report: inout Report, _ progress: Progress
    ) async throws {
        let warm = try await WarmUp.run(
            generator, options, rate: options.rate, seconds: options.seconds, progress)
        await progress.watch(generator, until: warm.until, "measuring")
        let after = try await Meter.read(generator, options)
        progress.say("waiting for what is under way")
        await generator.drain(options)
        after.fill(&report, since: warm.before)
        report.unspoken = warm.unspoken
        if options.slow > 0 {
            await generator.resumeSlow()
            report.slowClosed = await generator.tally().slowClosed
        }
        report.fill(await generator.timings(), isOpen: options.rate != nil)
        report.findings = await generator.conclude()
        report.isClean = report.findings.isClean
    }
}
