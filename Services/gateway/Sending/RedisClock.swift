import Engine

/// Redis' time, as far as this process knows it: measured at each connect, corrected where Redis says that it is off.
///
/// Pure. It runs by our monotonic clock, so that nobody who sets the wall clock moves a deadline.
struct RedisClock {
    private var offset: Int64

    /// Until Redis has been heard, ours is as good as any.
    init(at now: Instant, wall: Int64) { offset = wall - now.milliseconds }

    /// Redis' time, in milliseconds since 1970, is this one now.
    mutating func heard(_ time: Int64, at now: Instant) { offset = time &- now.milliseconds }

    /// The time in milliseconds since 1970.
    func time(at now: Instant) -> Int64 { now.milliseconds &+ offset }
}
