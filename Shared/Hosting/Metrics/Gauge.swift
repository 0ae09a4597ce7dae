import Synchronization

/// A whole number that rises and falls; may be used from any thread, without a lock.
public final class Gauge: Sendable {
    private let level = Atomic<Int>(0)

    init() {}

    /// Sets it.
    public func set(_ value: Int) { level.store(value, ordering: .relaxed) }

    /// Moves it up, or down by a negative amount.
    public func add(_ amount: Int = 1) { level.wrappingAdd(amount, ordering: .relaxed) }

    /// What it stands at.
    public var value: Int { level.load(ordering: .relaxed) }
}
