import Engine
import Hosting
import Schema

/// Lets messages set out for their places: at once, or under load together with what comes within a pause.
///
/// Belongs to its loop.
final class Departures {
    /// Takes one on its way.
    var setOut: (OutgoingMessage) -> Void = { _ in }

    private let loop: EventLoop
    private let gathered: Counter
    private var gathering: Gathering
    /// What waits for the next departure, in the order in which it came.
    private var waiting: [OutgoingMessage] = []
    private var last: Instant
    /// How many have set out and are not settled.
    private var underWay = 0

    init(loop: EventLoop, mostMilliseconds: Int, gathered: Counter) {
        self.loop = loop
        self.gathered = gathered
        gathering = Gathering(most: mostMilliseconds)
        last = loop.now
    }

    /// One wants to set out.
    func add(_ message: OutgoingMessage) {
        let wait = gathering.pause - loop.now.milliseconds(since: last)
        guard wait > 0 || !waiting.isEmpty else { return leave([message]) }
        gathered.add()
        waiting.append(message)
        guard waiting.count == 1 else { return }
        loop.schedule(afterMilliseconds: wait) { [weak self] in self?.leaveTogether() }
    }

    /// One that set out has an answer of Redis.
    func answered(_ message: OutgoingMessage) {
        guard let time = message.departed else { return }
        gathering.answered(afterMilliseconds: loop.now.milliseconds(since: time))
    }

    /// One is settled, whether it had set out or not.
    func ended(_ message: OutgoingMessage) {
        if message.departed != nil { underWay -= 1 }
    }

    private func leaveTogether() {
        let all = waiting
        waiting = []
        // Those of a room follow each other, in their order: so they share calls, and come to its members together.
        leave(Dictionary(grouping: all, by: \.room).values.flatMap { $0 })
    }

    private func leave(_ messages: [OutgoingMessage]) {
        last = loop.now
        for message in messages where !message.isSettled {
            message.departed = last
            underWay += 1
        }
        gathering.setOut(underWay: underWay)
        for message in messages { setOut(message) }
    }
}
