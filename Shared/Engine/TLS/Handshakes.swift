/// The handshakes that a listener's connections have begun and not ended: bounded in number, in time and in work.
///
/// Belongs to its loop. A signature costs up to a millisecond: in one turn a few are made, and the others wait
/// for the next, so that those who are connected already are served between. When too many are under way, the
/// oldest is given up: who is still there after thousands of others came is slow or ill-willed.
final class Handshakes {
    /// How long one may take.
    var milliseconds = 10_000
    /// How many may be under way.
    var limit = 1_024
    /// How many steps are made in one turn of the loop.
    static let stepsPerTurn = 8

    /// The loop holds the stream, not we: its handshake holds us.
    private struct Waiting { weak let stream: Stream? }

    private var pending: [UInt64: Waiting] = [:]
    private var oldest: UInt64 = 0
    private var next: UInt64 = 0
    private var turn: UInt64 = 0
    private var steps = 0

    /// How many are under way.
    var count: Int { pending.count }

    /// Notes one more, and gives the oldest up where that is one too many; the number is for `end`.
    func begin(_ stream: Stream) -> UInt64 {
        if pending.count >= limit { giveOldestUp() }
        defer { next &+= 1 }
        pending[next] = Waiting(stream: stream)
        return next
    }

    /// Notes that it has ended, one way or another.
    func end(_ number: UInt64) { pending[number] = nil }

    /// Whether one may make a step in this turn; who may not is asked again in the next, as its socket stays ready.
    func mayStep(inTurn turn: UInt64) -> Bool {
        if turn != self.turn { (self.turn, steps) = (turn, 0) }
        steps += 1
        return steps <= Handshakes.stepsPerTurn
    }

    private func giveOldestUp() {
        while oldest < next {
            defer { oldest &+= 1 }
            guard let waiting = pending.removeValue(forKey: oldest) else { continue }
            waiting.stream?.abandonHandshake()
            return
        }
    }
}
