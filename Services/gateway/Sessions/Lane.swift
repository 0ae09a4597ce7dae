/// Work of one connection on one room: one piece after another, in the order of the client's frames.
///
/// Pure. A `leave_room` ends the join before it that way.
struct Lane<Work> {
    private var waiting: [Work] = []
    private var isBusy = false

    /// How many pieces wait for their turn.
    var waitingCount: Int { waiting.count }

    /// Adds a piece; returns it where it may begin at once.
    mutating func enter(_ work: Work) -> Work? {
        guard isBusy else {
            isBusy = true
            return work
        }
        waiting.append(work)
        return nil
    }

    /// The one under way is done; returns the next, if any.
    mutating func settled() -> Work? {
        guard !waiting.isEmpty else {
            isBusy = false
            return nil
        }
        return waiting.removeFirst()
    }
}
