/// The handshakes that a listener's connections have begun and not ended: bounded in number, in time and in work.
///
/// Belongs to its loop. A signature costs up to a millisecond: in one turn a few are made, and the others wait
/// for the next, so that those who are connected already are served between. When too many are under way in the process,
/// the oldest is given up: who is still there after thousands of others came is slow or ill-willed.
final class Handshakes {
    /// How long one may take.
    var milliseconds = 10_000
    /// Where they stand with those of other loops.
    var line = HandshakeLine(limit: 1_024)
    /// How many steps are made in one turn of the loop.
    static let stepsPerTurn = 8

    /// The loop holds the stream, not we: its handshake holds us.
    private struct Waiting { weak let stream: Stream? }

    private let loop: EventLoop
    private lazy var address = Addressee(self, on: loop)
    private var pending: [UInt64: Waiting] = [:]
    private var turn: UInt64 = 0
    private var steps = 0

    init(loop: EventLoop) { self.loop = loop }

    /// How many are under way here.
    var count: Int { pending.count }

    /// Notes one more, for which the oldest of all may have to go; the number is for `end`.
    func begin(_ stream: Stream) -> UInt64 {
        let newcomer = line.begin(address)
        pending[newcomer.number] = Waiting(stream: stream)
        newcomer.givenUp?.tell()
        return newcomer.number
    }

    /// Notes that it has ended, one way or another.
    func end(_ number: UInt64) {
        pending[number] = nil
        line.end(number)
    }

    /// It has to make room, unless it has ended meanwhile.
    func giveUp(_ number: UInt64) { pending.removeValue(forKey: number)?.stream?.abandonHandshake() }

    /// Whether one may make a step in this turn; who may not is asked again in the next, as its socket stays ready.
    func mayStep(inTurn turn: UInt64) -> Bool {
        if turn != self.turn { (self.turn, steps) = (turn, 0) }
        steps += 1
        return steps <= Handshakes.stepsPerTurn
    }
}
