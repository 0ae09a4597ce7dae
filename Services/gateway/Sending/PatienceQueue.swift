import Engine

/// The messages that are on their way, those first whose patience is over first.
///
/// Pure. Who leaves from between leaves a gap, until all before it or all behind it have left.
struct PatienceQueue {
    private var messages: [OutgoingMessage?] = []
    /// Where the first stands that is still there.
    private var first = 0
    /// How many have been taken out in front: places are numbered from this on.
    private var gone = 0

    /// After so many gaps in front these are taken out.
    private static let mostGaps = 1_024

    /// The one whose patience is over first.
    var head: OutgoingMessage? { first < messages.count ? messages[first] : nil }

    /// Takes one in: behind all that came no later, which are mostly all.
    mutating func enter(_ message: OutgoingMessage) {
        var index = messages.count
        messages.append(message)
        while index > first {
            let before = messages[index - 1]
            if let before, before.arrived <= message.arrived { break }
            put(before, at: index)
            index -= 1
        }
        put(message, at: index)
    }

    private mutating func put(_ message: OutgoingMessage?, at index: Int) {
        messages[index] = message
        message?.place = gone + index
    }

    /// Takes one out; one that is not there is left alone.
    mutating func leave(_ message: OutgoingMessage) {
        let index = message.place - gone
        guard messages.indices.contains(index), messages[index] === message else { return }
        messages[index] = nil
        // So that the last one is always there, and who enters looks at that one only.
        while case .some(nil) = messages.last { messages.removeLast() }
        while first < messages.count, messages[first] == nil { first += 1 }
        if messages.isEmpty { first = 0 }
        guard first >= Self.mostGaps else { return }
        messages.removeFirst(first)
        gone += first
        first = 0
    }
}
