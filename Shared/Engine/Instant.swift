internal import Glibc

/// A point on the monotonic clock, in whole milliseconds.
public struct Instant: Hashable, Comparable, Sendable {
    /// Milliseconds since an arbitrary start.
    public let milliseconds: Int64

    /// Makes an instant from a reading of the monotonic clock, or by hand in a test.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Reads the monotonic clock.
    public static func current() -> Instant { Instant(milliseconds: SystemClock.read(CLOCK_MONOTONIC)) }

    /// The instant so many milliseconds later.
    public func advanced(byMilliseconds delta: Int) -> Instant {
        Instant(milliseconds: milliseconds &+ Int64(delta))
    }

    /// Milliseconds from `earlier` to here; negative when `earlier` is later.
    public func milliseconds(since earlier: Instant) -> Int {
        Int(truncatingIfNeeded: milliseconds &- earlier.milliseconds)
    }

    /// Earlier instants come first.
    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
}
