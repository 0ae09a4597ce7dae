import FoundationEssentials

/// `ramp`: looks for the highest rate at which latency keeps below a bound.
enum Ramp {
    /// Climbs by a third until a rate is too high, then halves the distance until it is small; the best rate is measured
    /// once more, for the full time.
    static func run(_ options: Options) async throws -> Report {
        let progress = Progress(isQuiet: options.isQuiet)
        let generator = try await Generator.prepare(options)
        progress.say("connecting \(generator.plan.connections) clients")
        try await generator.connectAll(options)
        var report = Report(mode: "ramp", options)
        do {
            try await climb(Slope(generator: generator, options: options, progress: progress), &report)
        } catch {
            await generator.end()
            throw error
        }
        report.findings = await generator.conclude()
        // A rate that is too high may be refused: that is how it shows.
        report.findings.refused = 0
        report.isClean = report.findings.isClean
        await generator.end()
        return report
    }

    private static func climb(_ slope: Slope, _ report: inout Report) async throws {
        let options = slope.options
        var search = RateSearch(
            from: options.rate ?? 1_000, upTo: options.most, precision: options.precision)
        var steps: [Report.Step] = []
        while let rate = search.next {
            let step = try await slope.judge(rate, seconds: options.stepSeconds, &steps)
            search.tried(isGood: step.summary.isGood)
        }
        // Short steps flatter: what is told holds for the full time.
        var rate = search.best
        while let asked = rate {
            let step = try await slope.judge(asked, seconds: options.seconds, &steps)
            if step.summary.isGood || asked < 1 {
                step.fill(&report)
                report.rate = asked
                break
            }
            rate = asked * 0.95
        }
        report.steps = steps.sorted { $0.rate < $1.rate }
    }
}

/// Which rate to try next; at first each is a third higher, then half-way between good and bad.
struct RateSearch: Sendable {
    /// The highest that was good.
    private(set) var best: Double?
    private var lowestBad: Double?
    private var trying: Double
    private let most: Double
    private let precision: Double

    /// Begins at a rate; ends where good and bad are only this share apart, or where the most is good.
    init(from rate: Double, upTo most: Double = .infinity, precision: Double) {
        trying = min(rate, most)
        self.most = most
        self.precision = precision
    }

    /// The next rate to try; nil at the end.
    var next: Double? {
        if let best, let lowestBad, lowestBad / best < 1 + precision { return nil }
        if let best, best >= most { return nil }
        return trying < 0.1 ? nil : trying
    }

    /// Takes how the last one went.
    mutating func tried(isGood: Bool) {
        if isGood { best = trying } else { lowestBad = trying }
        trying =
            switch (best, lowestBad) {
            case (let best?, let bad?): (best + bad) / 2
            case (let best?, nil): min(best * 4 / 3, most)
            case (nil, let bad?): bad / 2
            case (nil, nil): trying
            }
    }
}

/// What one rate is tried on.
private struct Slope {
    let generator: Generator
    let options: Options
    let progress: Progress

    struct Step {
        let summary: Report.Step
        let warm: WarmUp
        let after: Meter
        let timings: Timings

        func fill(_ report: inout Report) {
            after.fill(&report, since: warm.before)
            report.fill(timings, isOpen: true)
            report.unspoken = warm.unspoken
        }
    }

    /// Tries a rate until it was good once, or bad twice: what else the machine does must not end a search.
    ///
    /// Where the generator itself was late, nothing is known of the server: such a try counts only when all are so.
    func judge(_ rate: Double, seconds: Double, _ steps: inout [Report.Step]) async throws -> Step {
        var step = try await self.step(rate, seconds: seconds)
        var bad = 0
        for _ in 1..<Slope.tries {
            steps.append(step.summary)
            if step.summary.isGood { return step }
            if !step.summary.isGeneratorLate { bad += 1 }
            if bad == 2 { return step }
            step = try await self.step(rate, seconds: seconds)
        }
        steps.append(step.summary)
        return step
    }

    private static let tries = 5

    private func step(_ rate: Double, seconds: Double) async throws -> Step {
        try await Recovery.wait(options, progress)
        let warm = try await WarmUp.run(generator, options, rate: rate, seconds: seconds, progress)
        await progress.watch(generator, until: warm.until, "at \(Figure.short(rate))/s")
        let after = try await Meter.read(generator, options)
        await generator.drain(options)
        let timings = await generator.timings()
        var report = Report(mode: "ramp", options)
        after.fill(&report, since: warm.before)
        let refused = await generator.tally().refused - warm.before.tally.refused
        let p99 = Double(timings.delivery.percentile(99)) / 1e6
        // What never came has no latency; what came late has its own.
        let asked = max(rate * seconds - 1, 0) * Double(generator.plan.hearers)
        let isGood = p99 < options.bound && refused == 0 && Double(timings.delivery.count) >= 0.99 * asked
        let late = Double(timings.lateness.percentile(99)) / 1e6
        let summary = Report.Step(
            rate: rate, acceptedPerSecond: report.acceptedPerSecond,
            p50: Double(timings.delivery.percentile(50)) / 1e6, p99: p99,
            max: Double(timings.delivery.max) / 1e6, lateP99: late,
            refused: refused, serverCpuSeconds: report.serverCpuSeconds, seconds: report.seconds,
            generatorCpuShare: report.generatorCpuShare, isGood: isGood,
            isGeneratorLate: late > options.bound / 4)
        progress.say(summary.line)
        return Step(summary: summary, warm: warm, after: after, timings: timings)
    }
}
