import Engine

/// The messages that are on their way, in the order in which they came, which is that in which their patience ends.
///
/// Pure. Who leaves from between leaves a gap, until all before it or all behind it have left.
struct PatienceQueue {
    private var messages: [OutgoingMessage?] = []
    /// Where the first stands that is still there.
    private var first = 0
    /// How many have been taken out in front: places are numbered from this on.
    private var gone = 0

    /// Fewer gaps in front than this are left.
    private static let mostGaps = 1_024

    /// The one whose patience is over first.
    var head: OutgoingMessage? { first < messages.count ? messages[first] : nil }

    /// Takes one in; false where it came before one that is there.
    mutating func enter(_ message: OutgoingMessage) -> Bool {
        if let last = messages.last ?? nil, last.arrived > message.arrived { return false }
        message.place = gone + messages.count
        messages.append(message)
        return true
    }

    /// Takes one out; one that is not there is left alone.
    mutating func leave(_ message: OutgoingMessage) {
        let index = message.place - gone
        guard messages.indices.contains(index), messages[index] === message else { return }
        messages[index] = nil
        // So that the last one is always there, for the next to be compared with.
        while case .some(nil) = messages.last { messages.removeLast() }
        while first < messages.count, messages[first] == nil { first += 1 }
        if messages.isEmpty { first = 0 }
        guard first >= Self.mostGaps, first >= messages.count / 2 else { return }
        // Without the memory of those that are gone: one that is stuck may have let many gather behind it.
        messages = Array(messages[first...])
        gone += first
        first = 0
    }
}
