import Synchronization

/// A number that only grows; may be used from any thread, without a lock.
public final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    init() {}

    /// Adds to it; a negative amount is ignored, since a counter never falls.
    public func add(_ amount: Int = 1) {
        if amount > 0 { count.wrappingAdd(amount, ordering: .relaxed) }
    }

    /// What it stands at.
    public var value: Int { count.load(ordering: .relaxed) }
}
