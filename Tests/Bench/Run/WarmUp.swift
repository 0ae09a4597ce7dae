/// What measuring begins with, once all is warm.
///
/// The first message of a room, and that of a person, costs a server more than those behind it.
struct WarmUp: Sendable {
    /// What had been used and counted by then.
    let before: Meter
    /// When measuring ends, in nanoseconds.
    let until: UInt64
    /// Senders of whom nothing had been accepted by then.
    let unspoken: Int

    private static let lookNanoseconds: UInt64 = 100_000_000
    /// So that what is told to all loops is there before it counts.
    private static let aheadNanoseconds: UInt64 = 10_000_000

    /// Sends for `--warmup` seconds, and on until each sender has had a message accepted, but for `--warmup-most` at most.
    ///
    /// What is due in the `seconds` from then on is measured.
    static func run(
        _ generator: Generator, _ options: Options, rate: Double?, seconds: Double, _ progress: Progress
    ) async throws -> WarmUp {
        let start = Clock.now() &+ aheadNanoseconds
        let most = start &+ Clock.nanoseconds(max(options.warmup, options.warmupMost))
        try await generator.begin(
            window: options.window, rate: rate, from: start, measured: .max ... .max)
        await progress.watch(generator, until: start &+ Clock.nanoseconds(options.warmup), "warming up")
        await wait(generator, until: most, progress)
        let from = Clock.now() &+ aheadNanoseconds
        let until = from &+ Clock.nanoseconds(seconds)
        await generator.measure(from...until)
        await progress.watch(generator, until: from, "warming up")
        let before = try await Meter.read(generator, options)
        return WarmUp(
            before: before, until: until, unspoken: generator.plan.senders - before.tally.spoken)
    }

    private static func wait(_ generator: Generator, until most: UInt64, _ progress: Progress) async {
        let senders = generator.plan.senders
        var isTold = false
        while await generator.tally().spoken < senders, Clock.now() < most {
            if !isTold {
                progress.say("warming up until each of \(senders) senders has had a message accepted")
            }
            isTold = true
            await progress.watch(generator, until: min(Clock.now() &+ lookNanoseconds, most), "warming up")
        }
    }
}
