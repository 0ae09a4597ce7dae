/// A number of places that many want at a time: who finds none waits, and all for whom somebody waits have turns.
///
/// Belongs to its loop.
public final class FairPlaces<Owner: Hashable> {
    private var free: Int
    private var waiting: FairQueue<Owner, Waiting>
    private var isGivingOut = false

    private struct Waiting {
        let isWanted: () -> Bool
        let begin: () -> Void
        let refuse: () -> Void
    }

    /// Makes so many places, for which so many may wait; where there are more, who waits for most gives way.
    public init(_ count: Int, waiting limit: Int = .max) {
        free = max(count, 1)
        waiting = FairQueue(limit: limit)
    }

    /// Calls this once there is a place, perhaps at once; who has been called calls `leave`, once.
    ///
    /// Who is not wanted any more when their turn comes is passed over, and never called; who gives way is refused.
    public func enter(
        for owner: Owner, while isWanted: @escaping () -> Bool = { true }, refused: @escaping () -> Void = {},
        _ begin: @escaping () -> Void
    ) {
        let one = Waiting(isWanted: isWanted, begin: begin, refuse: refused)
        waiting.add(one, of: owner)?.refuse()
        giveOut()
    }

    /// Gives a place back.
    public func leave() {
        free += 1
        giveOut()
    }

    /// Who is called may leave before it returns: those who wait are called one after the other, not one within the other.
    private func giveOut() {
        guard !isGivingOut else { return }
        isGivingOut = true
        defer { isGivingOut = false }
        while free > 0, let next = waiting.next(where: { $0.isWanted() }) {
            free -= 1
            next.begin()
        }
    }
}
