import Engine
import Schema

/// Why messages have not got their places in time: because of what is away, or of those before them.
///
/// Pure. A message waits for nothing but its turn as long as Redis answers, and nothing had to be tried again or asked
/// for meanwhile.
struct HoldUps {
    /// When a message was last kept waiting by something else than those before it.
    private var last: Instant?

    /// A Redis that is not heard for longer does not answer: each second it is asked something in any case.
    private static let silenceMilliseconds = 1_500

    /// A message is kept waiting by something else than those before it.
    mutating func note(at now: Instant) { last = now }

    /// What one is told that came at `arrived` and is given up `now`, Redis having been `heard` last; nil: not connected.
    func refusal(of arrived: Instant, heard: Instant?, at now: Instant) -> ErrorCode {
        guard let heard, now.milliseconds(since: heard) < Self.silenceMilliseconds else {
            return .busUnavailable
        }
        if let last, last >= arrived { return .busUnavailable }
        return .overloaded
    }
}
