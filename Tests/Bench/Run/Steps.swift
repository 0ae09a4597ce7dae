import Engine
import FoundationEssentials
import Glibc

/// `steps`: does what the lines of standard input say, one after another, and answers each when all of it is done.
///
/// For whoever counts from outside what a fixed number of connects or messages takes: nothing here depends on time.
enum Steps {
    /// One line of the input.
    enum Step: Equatable {
        /// Connects all that are not connected.
        case connect
        /// Each publisher sends so many messages, `--window` of them under way; done when all have had all.
        case send(Int)
        /// Cuts off all that do not send.
        case cut

        /// Reads `connect`, `send N` or `cut`; nil for anything else.
        init?(_ line: String) {
            let words = line.split(separator: " ")
            switch (words.first, words.count) {
            case ("connect", 1): self = .connect
            case ("cut", 1): self = .cut
            case ("send", 2):
                guard let count = Int(words[1]), (1...1_000_000).contains(count) else { return nil }
                self = .send(count)
            default: return nil
            }
        }

        /// How much of what it is about has not happened.
        func missing(_ answer: Answer, _ plan: Plan, ready: Int) -> Int {
            switch self {
            case .connect: plan.connections - ready
            case .cut: 0
            case .send(let count):
                plan.senders * count * (1 + plan.hearers) - answer.accepted - answer.deliveries
            }
        }
    }

    /// What a step has done, answered as a line of JSON.
    struct Answer: Codable, Sendable {
        let connects, accepted, deliveries: Int
        /// How many are connected now.
        let connections: Int

        init(since before: Tally, until after: Tally) {
            connections = after.ready
            connects = max(after.ready - before.ready, 0)
            accepted = after.accepted - before.accepted
            deliveries = after.delivered - before.delivered
        }
    }

    /// Takes steps until the input ends, and checks all that was delivered.
    static func run(_ options: Options) async throws -> Report {
        let generator = try await Generator.prepare(options)
        var report = Report(mode: "steps", options)
        do {
            let start = try await Meter.read(generator, options)
            while let line = readLine() {
                guard let step = Step(line) else { throw BenchError.usage("no step: \(line)") }
                try answer(try await take(step, generator, options))
            }
            try await Meter.read(generator, options).fill(&report, since: start)
        } catch {
            await generator.end()
            throw error
        }
        await generator.finish(&report)
        return report
    }

    private static func take(
        _ step: Step, _ generator: Generator, _ options: Options
    ) async throws -> Answer {
        let before = await generator.tally()
        switch step {
        case .connect: await generator.connect(atOnce: options.atOnce)
        case .cut: await generator.dropHearers()
        case .send(let count):
            let now = Clock.now()
            try await generator.begin(
                window: options.window, rate: nil, from: now, measured: now...UInt64.max, count: count)
            await generator.drain(options)
        }
        let after = await generator.tally()
        let answer = Answer(since: before, until: after)
        let missing = step.missing(answer, generator.plan, ready: after.ready)
        guard missing == 0 else {
            throw BenchError.server("\(step): \(missing) missing: \(after.findings.line)")
        }
        return answer
    }

    private static func answer(_ answer: Answer) throws {
        print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
        // Whoever reads it waits for it, and it goes through a pipe.
        fflush(nil)
    }
}
