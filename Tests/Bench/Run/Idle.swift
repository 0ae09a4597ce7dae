/// `idle`: connections that have joined and say nothing, and what each of them costs.
enum Idle {
    /// Connects, waits, and compares memory and processor time with those before.
    static func run(_ options: Options) async throws -> Report {
        let progress = Progress(isQuiet: options.isQuiet)
        let generator = try await Generator.prepare(options)
        let empty = try await Meter.read(generator, options)
        let kernelBefore = KernelMemory.read()
        progress.say("connecting \(generator.plan.connections) clients")
        try await generator.connectAll(options)
        // What joining has stirred up (others are told of it) settles first.
        let settled = Clock.now() &+ Clock.nanoseconds(options.warmup)
        await progress.watch(generator, until: settled, "settling")
        let before = try await Meter.read(generator, options)
        await progress.watch(generator, until: Clock.now() &+ Clock.nanoseconds(options.seconds), "idle")
        let after = try await Meter.read(generator, options)
        let kernelAfter = KernelMemory.read()
        var report = Report(mode: "idle", options)
        after.fill(&report, since: before)
        report.fill(await generator.timings(), isOpen: false)
        let count = max(after.tally.ready, 1)
        report.pings = after.tally.pings - before.tally.pings
        for (name, use) in after.processes {
            guard let begin = empty.processes[name] else { continue }
            report.processes[name]?.bytesPerConnection =
                Double(use.residentBytes - begin.residentBytes) / Double(count)
        }
        report.kernelSlabBytesPerConnection =
            Double(kernelAfter.slabBytes - kernelBefore.slabBytes) / Double(count)
        report.kernelSocketBytesPerConnection =
            Double(kernelAfter.socketBytes - kernelBefore.socketBytes) / Double(count)
        await generator.finish(&report)
        return report
    }
}
