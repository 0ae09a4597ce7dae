/// Matches answers to callers: Redis answers in the order in which it was asked.
///
/// Pure; times are milliseconds of one monotonic clock.
struct CommandQueue<Caller> {
    private var waiting: ArraySlice<Waiting> = []
    private var noEarlierThan = Int64.max

    /// How many callers wait.
    var count: Int { waiting.count }

    /// Whether nobody waits.
    var isEmpty: Bool { waiting.isEmpty }

    /// Who is answered next.
    var first: Caller? { waiting.first?.caller }

    /// A command was sent.
    mutating func append(_ caller: Caller, deadline: Int64) {
        waiting.append(Waiting(caller: caller, deadline: deadline))
        noEarlierThan = min(noEarlierThan, deadline)
    }

    /// An answer came; nil where nobody asked, which no honest Redis does.
    mutating func next() -> Caller? {
        guard let first = waiting.popFirst() else { return nil }
        if waiting.isEmpty {
            waiting = []  // begins again at the front of its storage
            noEarlierThan = .max
        }
        return first.caller
    }

    /// Whether a caller has waited too long.
    ///
    /// Looks at all of them only when the earliest deadline ever seen has passed, hence at most once a tick.
    mutating func hasExpired(at now: Int64) -> Bool {
        guard now >= noEarlierThan else { return false }
        noEarlierThan = waiting.lazy.map(\.deadline).min() ?? .max
        return now >= noEarlierThan
    }

    /// Empties the queue: each caller, with whether its time had run out.
    mutating func removeAll(at now: Int64) -> [(caller: Caller, expired: Bool)] {
        defer { self = CommandQueue() }
        return waiting.map { ($0.caller, now >= $0.deadline) }
    }

    private struct Waiting {
        let caller: Caller
        let deadline: Int64
    }
}
