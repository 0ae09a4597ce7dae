/// The sends of one connection to one room: one after another, so that they get rising seq in the order of the
/// client, whatever happens to one of them.
///
/// Pure.
struct SendLane<Message> {
    private var waiting: [Message] = []
    private(set) var isBusy = false

    var isIdle: Bool { !isBusy && waiting.isEmpty }

    /// Adds a send; returns it where it may begin at once.
    mutating func enter(_ message: Message) -> Message? {
        guard isBusy else {
            isBusy = true
            return message
        }
        waiting.append(message)
        return nil
    }

    /// The one under way is settled; returns the next, if any.
    mutating func settled() -> Message? {
        guard !waiting.isEmpty else {
            isBusy = false
            return nil
        }
        return waiting.removeFirst()
    }
}
