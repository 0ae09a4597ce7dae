import Engine

/// What others are told of one person's typing in one room: no more often than they could follow.
///
/// Pure. A change that comes too soon after the one before is told late, and not at all where it has been taken back
/// by then; the last word is always told. Typing ends by itself (protocol, 4.1).
struct TypingPace {
    private var until: Instant?
    private var toldAt: Instant?
    /// What the others believe.
    private(set) var isTold = false

    static let lastsMilliseconds = 6_000
    static let intervalMilliseconds = 250

    mutating func start(at now: Instant) { until = now.advanced(byMilliseconds: Self.lastsMilliseconds) }

    mutating func stop() { until = nil }

    /// What the others are to be told now, if anything: whether somebody is typing.
    mutating func news(at now: Instant) -> Bool? {
        if let until, until <= now { self.until = nil }
        let isTyping = until != nil
        guard isTyping != isTold, rest(at: now) <= 0 else { return nil }
        isTold = isTyping
        toldAt = now
        return isTyping
    }

    /// After how many milliseconds there may be news; nil where nothing is left to remember.
    func wait(at now: Instant) -> Int? {
        let isTyping = until != nil
        if isTyping == isTold, let until { return max(until.milliseconds(since: now), 0) }
        let rest = rest(at: now)
        return rest > 0 || isTyping != isTold ? max(rest, 0) : nil
    }

    private func rest(at now: Instant) -> Int {
        toldAt.map { Self.intervalMilliseconds - now.milliseconds(since: $0) } ?? 0
    }
}
