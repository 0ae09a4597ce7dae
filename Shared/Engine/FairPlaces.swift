/// A number of places that many want at a time: who finds none waits, and all for whom somebody waits have turns.
///
/// How many wait is for those to bound who come. Belongs to its loop.
public final class FairPlaces<Owner: Hashable> {
    private var free: Int
    private var waiting = FairQueue<Owner, () -> Void>(limit: .max)
    private var isGivingOut = false

    /// Makes so many places.
    public init(_ count: Int) { free = max(count, 1) }

    /// Calls this once there is a place, perhaps at once; who has been called calls `leave`, once.
    public func enter(for owner: Owner, _ begin: @escaping () -> Void) {
        _ = waiting.add(begin, of: owner)
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
        while free > 0, let next = waiting.next() {
            free -= 1
            next()
        }
    }
}
