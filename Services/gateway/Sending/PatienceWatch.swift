import Engine

/// Gives messages up when their patience is over.
///
/// By one timer for all, which is left to come when nobody waits any more: nearly none is ever given up, and a timer for
/// each, made and cancelled, took a twentieth of what a message costs. Belongs to its loop.
final class PatienceWatch {
    /// Takes one whose patience is over.
    var giveUp: (OutgoingMessage) -> Void = { _ in }

    private let loop: EventLoop
    private var queue = PatienceQueue()
    /// When the timer comes, where there is one.
    private var due: Instant?

    init(loop: EventLoop) { self.loop = loop }

    /// One is on its way.
    func enter(_ message: OutgoingMessage) {
        queue.enter(message)
        // One that had to wait for a join may be due before the others.
        if let due, due <= message.end { return }
        time(until: message.end)
    }

    /// One has been told how it ended.
    func leave(_ message: OutgoingMessage) { queue.leave(message) }

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
