/// How long to wait before trying again: exponential, with full jitter, so that many clients do not
/// come back in step.
struct Backoff {
    var base = 100
    var longest = 5_000

    /// Milliseconds before the attempt that follows `failures` failures in a row.
    func delay(failures: Int, random: (ClosedRange<Int>) -> Int) -> Int {
        let doublings = min(max(0, failures - 1), 16)
        return random(0...min(longest, base << doublings))
    }
}
