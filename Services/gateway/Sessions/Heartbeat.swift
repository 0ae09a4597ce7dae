import Engine

/// What a connection owes to the clock.
///
/// Pure.
struct Heartbeat {
    struct Due: OptionSet {
        let rawValue: UInt8

        /// It has been silent for too long: whoever was there is gone.
        static let end = Due(rawValue: 1)
        static let ping = Due(rawValue: 2)
        /// The rooms it is in, whose record would be forgotten else.
        static let restatement = Due(rawValue: 4)
    }

    private var lastPing: Instant
    private var lastRestatement: Instant

    init(from now: Instant) {
        lastPing = now
        lastRestatement = now
    }

    /// What is due, which counts as done.
    ///
    /// - Parameters:
    ///   - lastHeard: nil while nothing is read of what the other side says: then it is not silent.
    ///   - pingSeconds: how often a ping goes out.
    ///   - silenceSeconds: how long the other side may say nothing.
    mutating func due(
        at now: Instant, lastHeard: Instant?, pingSeconds: Int, silenceSeconds: Int
    ) -> Due {
        let silence = lastHeard.map { now.milliseconds(since: $0) } ?? 0
        guard silence < silenceSeconds * 1_000 else { return .end }
        var due: Due = []
        if now.milliseconds(since: lastPing) >= pingSeconds * 1_000 {
            lastPing = now
            due.insert(.ping)
        }
        if now.milliseconds(since: lastRestatement) >= SessionRooms.restateMilliseconds {
            lastRestatement = now
            due.insert(.restatement)
        }
        return due
    }
}
