/// Which messages of one sender all receivers have had: what a closed loop waits for.
///
/// At most `window` of them are under way, so that a ring of so many counts is enough.
struct Completion: Sendable {
    private let receivers: Int
    private var counts: [Int]

    /// For so many receivers, and so many messages under way at most.
    init(receivers: Int, window: Int) {
        self.receivers = receivers
        counts = [Int](repeating: 0, count: max(window, 1))
    }

    /// One receiver has had this message; true where it was the last of them.
    mutating func delivered(_ number: Int) -> Bool {
        let place = number % counts.count
        counts[place] += 1
        guard counts[place] >= receivers else { return false }
        counts[place] = 0
        return true
    }
}
