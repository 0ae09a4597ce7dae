import Synchronization

/// Counts observations by size in fixed buckets; may be used from any thread, without a lock.
public final class Histogram: Sendable {
    /// Bounds for what takes from 0.5 ms to 10 s, in seconds.
    public static let latencySeconds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// A moment of it: how many fell into each bucket (the last is for what exceeds all bounds), and their sum.
    struct Snapshot: Equatable {
        let bounds: [Double]
        let counts: [Int]
        let sum: Double
    }

    private let bounds: [Double]
    private let buckets: [Counter]
    private let sum = Atomic<UInt64>(0)

    /// Bounds rise strictly; that is ours to get right.
    init(bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "histogram bounds must rise")
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in Counter() }
    }

    /// Takes one value, in the base unit of the metric's name.
    public func observe(_ value: Double) {
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        buckets[index].add()
        var old = sum.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + value).bitPattern
            let (exchanged, original) = sum.weakCompareExchange(
                expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    /// Takes one time, for a metric in seconds.
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) * 1e-18)
    }

    var snapshot: Snapshot {
        Snapshot(
            bounds: bounds, counts: buckets.map(\.value),
            sum: Double(bitPattern: sum.load(ordering: .relaxed)))
    }
}
