/// Says no quickly while a dependency is known to be down, and finds out when it is back.
///
/// ```text
/// closed ──(failures in a row reach the threshold)──▶ open
///   ▲                                                  │ cool-down over
///   └──(the probe succeeds)── halfOpen ◀───────────────┘
///                               └──(the probe fails)──▶ open, for twice as long
/// ```
///
/// Pure: the caller brings the time, in milliseconds of any clock that does not go back.
public struct CircuitBreaker: Sendable, Equatable {
    /// What the breaker does with the next call.
    public enum State: Sendable, Equatable {
        /// Calls pass; this many failed in a row.
        case closed(failures: Int)
        /// Calls are refused until this time.
        case open(until: Int64)
        /// One probe is out since this time; all others are refused.
        case halfOpen(since: Int64)
    }

    /// What the breaker does with the next call.
    public private(set) var state: State = .closed(failures: 0)
    private let threshold: Int
    private let shortest: Int64
    private let longest: Int64
    private var cooldown: Int64

    /// Opens after `threshold` failures in a row, for `cooldown` and, as probes fail, up to `longest`.
    public init(threshold: Int = 5, cooldownMilliseconds: Int64 = 500, longestMilliseconds: Int64 = 10_000) {
        self.threshold = max(1, threshold)
        shortest = max(1, cooldownMilliseconds)
        longest = max(shortest, longestMilliseconds)
        cooldown = shortest
    }

    /// Whether a call may go out now; each admitted call ends in `succeeded`, `failed` or `gaveUp`.
    ///
    /// A probe that never reports back is forgotten after the longest cool-down.
    public mutating func admits(now: Int64) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until): guard now >= until else { return false }
        case .halfOpen(let since): guard now &- since >= longest else { return false }
        }
        state = .halfOpen(since: now)
        return true
    }

    /// An admitted call got an answer.
    ///
    /// While open this is a straggler from before, and proves nothing.
    public mutating func succeeded() {
        if case .open = state { return }
        state = .closed(failures: 0)
        cooldown = shortest
    }

    /// An admitted call found the dependency down.
    public mutating func failed(now: Int64) {
        switch state {
        case .open: break
        case .closed(let failures) where failures + 1 < threshold: state = .closed(failures: failures + 1)
        case .closed: state = .open(until: now &+ cooldown)
        case .halfOpen:
            cooldown = min(longest, cooldown &* 2)
            state = .open(until: now &+ cooldown)
        }
    }

    /// An admitted call ended without meeting the dependency: if it was the probe, the next call is.
    public mutating func gaveUp(now: Int64) {
        if case .halfOpen = state { state = .open(until: now) }
    }

    /// There is a sign of life from elsewhere, for example a new connection: the next call is a probe.
    public mutating func heardLife(now: Int64) {
        if case .open = state { state = .open(until: now) }
    }
}
