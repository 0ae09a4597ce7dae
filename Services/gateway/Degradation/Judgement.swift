import Engine
import Schema

/// Judges the parts of the service by what all loops of a gateway see of them.
///
/// Pure. The bus has failed where it has for any loop: each hears channels for the others, and "restored" promises that
/// what is sent works, whichever loop it meets. Of history and presence whoever can read their signals may tell. A loop
/// that has not looked for a while does not turn any more: what it saw last counts no longer, and nothing passes it.
struct Judgement {
    /// The signals that services leave in Redis, as one answer shows them (see `ServiceBeacon`).
    struct Signals {
        let history: Bool
        let presence: Bool
        /// Whether history reads what it is asked, if only the newest messages.
        let historyAnswers: Bool
    }

    private struct Loop {
        var isBusUp = false
        var seesSignals = false
        /// When it looked last.
        var looked: Instant?

        func turns(at now: Instant) -> Bool {
            looked.map { now.milliseconds(since: $0) < Judgement.longestTurn } ?? false
        }
    }

    /// A loop looks each 100 ms, and while it hangs, not at all.
    private static let longestTurn = 2_000

    private var loops: [Int: Loop]
    private var bus = DegradationState(.init(patience: 500, calm: 200, settling: 2_000))
    private var history = DegradationState(Judgement.services)
    private var presence = DegradationState(Judgement.services)
    private var answers = DegradationState(Judgement.services)
    /// Slower to doubt than a notice is, so that no blip of Redis puts all gateways out of service at once.
    private var readiness = DegradationState(
        .init(patience: 1_500, calm: 0, settling: 0), isDegraded: true)

    /// A service signals each second; after a return of Redis, or our own start, its signals need a moment to be there.
    private static let services = DegradationState.Pace(patience: 2_000, calm: 1_000, settling: 6_000)

    /// Begins with so many loops, none of which has seen anything yet.
    init(loops: Int) {
        self.loops = Dictionary(uniqueKeysWithValues: (0..<loops).map { ($0, Loop()) })
    }

    var verdict: Verdict {
        let parts: [(ServiceComponent, DegradationState)] = [
            (.bus, bus), (.history, history), (.presence, presence),
        ]
        return Verdict(
            failed: Set(parts.filter { $0.1.isDegraded }.map(\.0)), isReady: !readiness.isDegraded,
            isHistoryAnswering: !answers.isDegraded)
    }

    /// A loop has looked whether its connections to Redis work.
    mutating func looked(_ loop: Int, isBusUp: Bool, at now: Instant) {
        guard loops[loop] != nil else { return }
        loops[loop]?.isBusUp = isBusUp
        loops[loop]?.looked = now
        let isUp = loops.values.allSatisfy { $0.isBusUp && $0.turns(at: now) }
        _ = bus.looked(isUp: isUp, at: now)
        _ = readiness.looked(isUp: isUp, at: now)
    }

    /// A loop has read the signals.
    mutating func read(_ loop: Int, _ signals: Signals, at now: Instant) {
        guard loops[loop] != nil else { return }
        loops[loop]?.seesSignals = true
        _ = history.looked(isUp: signals.history, at: now)
        _ = presence.looked(isUp: signals.presence, at: now)
        _ = answers.looked(isUp: signals.historyAnswers, at: now)
    }

    /// A loop could not read them: if no other can, nothing is known any more.
    mutating func readNothing(_ loop: Int, at now: Instant) {
        loops[loop]?.seesSignals = false
        guard !loops.values.contains(where: { $0.seesSignals && $0.turns(at: now) }) else { return }
        history.blind()
        presence.blind()
        answers.blind()
    }

    /// A loop looks no more, and counts no more.
    mutating func left(_ loop: Int) { loops[loop] = nil }
}
