internal import Glibc

/// The time of day.
public enum WallClock {
    /// Milliseconds since 1970-01-01 UTC.
    public static func milliseconds() -> Int64 { SystemClock.read(CLOCK_REALTIME) }
}
