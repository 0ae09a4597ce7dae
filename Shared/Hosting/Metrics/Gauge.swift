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

/// One loop's part of a gauge that stands for all loops: each sets its own, and the gauge is their sum.
///
/// Belongs to its loop.
public struct GaugeShare {
    private let gauge: Gauge
    /// What this part stands at.
    public private(set) var value = 0

    /// Makes a part of nothing yet.
    public init(of gauge: Gauge) { self.gauge = gauge }

    /// Sets this part.
    public mutating func set(_ value: Int) {
        guard value != self.value else { return }
        gauge.add(value - self.value)
        self.value = value
    }
}
