import Engine
import Hosting
import Schema

/// Lets messages set out for their places: at once, or under load with all that comes until their room's turn.
///
/// Belongs to its loop.
final class Departures {
    /// Takes one on its way.
    var setOut: (OutgoingMessage) -> Void = { _ in }

    private let loop: EventLoop
    private let gathered: Counter
    private var gathering: Gathering
    /// What waits, by the group of its room; messages of a room in the order in which they came.
    private var waiting = Array(repeating: [RoomID: [OutgoingMessage]](), count: Gathering.groups)
    /// How many wait.
    private var waitingCount = 0
    /// The group whose turn it is next.
    private var turn = 0
    /// Whether a timer waits for that turn.
    private var isTurnDue = false
    /// When some set out last.
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
        let isFree = waitingCount == 0 && loop.now.milliseconds(since: last) >= gathering.interval
        if isFree { return leave(CollectionOfOne(message)) }
        gathered.add()
        waitingCount += 1
        waiting[Self.group(of: message.room)][message.room, default: []].append(message)
        awaitTurn()
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

    /// Which rooms set out together: about as many in each where there are many, others in each process.
    static func group(of room: RoomID) -> Int {
        Int(UInt(bitPattern: room.hashValue) % UInt(Gathering.groups))
    }

    /// From when the last really set out: a loop that is late is full, and gathers more.
    private func awaitTurn() {
        guard !isTurnDue, waitingCount > 0 else { return }
        isTurnDue = true
        let wait = gathering.interval - loop.now.milliseconds(since: last)
        loop.schedule(afterMilliseconds: wait) { [weak self] in self?.takeTurn() }
    }

    private func takeTurn() {
        isTurnDue = false
        leave(takeWaiting(of: turn))
        turn = (turn + 1) % Gathering.groups
        // The load is over: whoever comes now must not queue behind them.
        if gathering.interval == 0 { leave(waiting.indices.flatMap { takeWaiting(of: $0) }) }
        awaitTurn()
    }

    /// Those of a room follow each other: so they share calls, and come to its members together.
    private func takeWaiting(of group: Int) -> [OutgoingMessage] {
        let messages = waiting[group].values.flatMap(\.self)
        waiting[group] = [:]
        waitingCount -= messages.count
        return messages
    }

    private func leave(_ messages: some Collection<OutgoingMessage>) {
        last = loop.now
        for message in messages where !message.isSettled {
            message.departed = last
            underWay += 1
        }
        gathering.setOut(underWay: underWay + waitingCount)
        for message in messages { setOut(message) }
    }
}
