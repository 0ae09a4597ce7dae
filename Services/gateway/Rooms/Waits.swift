/// Those who wait for the same thing, each for as long as the others.
///
/// Pure. Who has waited in vain is forgotten at once, however long it takes until the rest are told.
struct Waits<Answer> {
    typealias Settle = (Answer) -> Void

    private var waiting: ArraySlice<(number: UInt64, settle: Settle)> = []
    private var begun: UInt64 = 0

    /// One waits from now on; returns the number by which it may give up.
    mutating func enter(_ settle: @escaping Settle) -> UInt64 {
        begun &+= 1
        waiting.append((begun, settle))
        return begun
    }

    /// The time of this one is over, and so is that of those before it; one that was told is not there any more.
    mutating func gaveUp(_ number: UInt64) {
        while let first = waiting.first, first.number <= number { waiting.removeFirst() }
        if waiting.isEmpty { waiting = [] }  // begins again at the front of its storage
    }

    /// All who wait are told the same now, in their order.
    mutating func takeAll() -> [Settle] {
        defer { waiting = [] }
        return waiting.map(\.settle)
    }
}
