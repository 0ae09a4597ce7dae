/// How long to wait before the next try to connect: exponential, with full jitter, so that a hundred processes
/// that lost the same Redis do not come back in step.
struct ReconnectPolicy {
    /// The bound of the first wait.
    private let firstMilliseconds = 50
    /// The bound of any wait: what happened while Redis was away is to be told within a second of its return (protocol,
    /// section 4.3), and two processes have to come back for it.
    private let maxMilliseconds = 500
    /// A connection that held this long was a good one: the next wait is a first wait again.
    private let steadyMilliseconds = 2_000

    private var failures = 0

    /// The wait after a try that failed, or after a connection that lasted so long.
    mutating func nextDelay(afterLasting lasted: Int?, random: (ClosedRange<Int>) -> Int) -> Int {
        if let lasted, lasted >= steadyMilliseconds { failures = 0 }
        let bound = bound(after: failures)
        failures += 1
        return random(0...bound)
    }

    private func bound(after failures: Int) -> Int {
        guard failures < 16 else { return maxMilliseconds }
        return min(maxMilliseconds, firstMilliseconds << failures)
    }
}
