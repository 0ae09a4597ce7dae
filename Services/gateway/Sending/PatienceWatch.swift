import Engine

/// Gives messages up when their patience is over.
///
/// By one timer for all that come in order, which is left to come when nobody waits any more: nearly none is ever given up,
/// and a timer for each, made and cancelled, took a twentieth of what a message costs. One that had to wait for a join has
/// a timer of its own. Belongs to its loop.
final class PatienceWatch {
    /// Takes one whose patience is over.
    var giveUp: (OutgoingMessage) -> Void = { _ in }

    private let loop: EventLoop
    private var queue = PatienceQueue()
    /// When the timer comes, where there is one: never later than the first of the queue is due.
    private var due: Instant?

    init(loop: EventLoop) { self.loop = loop }

    /// One is on its way.
    func enter(_ message: OutgoingMessage) {
        if let due, due > message.end { return enterAlone(message) }
        guard queue.enter(message) else { return enterAlone(message) }
        if due == nil { time(until: message.end) }
    }

    private func enterAlone(_ message: OutgoingMessage) {
        message.deadline = loop.schedule(afterMilliseconds: message.patience(at: loop.now)) { [weak self] in
            self?.giveUp(message)
        }
    }

    /// One has been told how it ended.
    func leave(_ message: OutgoingMessage) {
        message.deadline?.cancel()
        queue.leave(message)
    }

    private func time(until end: Instant) {
        due = end
        loop.schedule(afterMilliseconds: end.milliseconds(since: loop.now)) { [weak self] in self?.look() }
    }

    private func look() {
        due = nil
        while let head = queue.head, head.end <= loop.now {
            queue.leave(head)
            giveUp(head)
        }
        if let head = queue.head { time(until: head.end) }
    }
}
