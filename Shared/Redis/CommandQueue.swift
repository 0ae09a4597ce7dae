/// Matches answers to callers: Redis answers in the order in which it was asked.
///
/// Pure; times are milliseconds of one monotonic clock. Its storage stays: it is filled and emptied at every turn.
struct CommandQueue<Caller> {
    /// Those before `head` have been answered.
    private var entries: [Waiting?] = []
    private var head = 0
    private var noEarlierThan = Int64.max

    /// How many callers wait.
    var count: Int { entries.count - head }

    /// Whether nobody waits.
    var isEmpty: Bool { count == 0 }

    /// Who is answered next.
    var first: Caller? { isEmpty ? nil : entries[head]?.caller }

    private var waiting: some Sequence<Waiting> { entries[head...].lazy.compactMap(\.self) }

    /// A command was sent.
    mutating func append(_ caller: Caller, deadline: Int64) {
        entries.append(Waiting(caller: caller, deadline: deadline))
        noEarlierThan = min(noEarlierThan, deadline)
    }

    /// An answer came; nil where nobody asked, which no honest Redis does.
    mutating func next() -> Caller? {
        guard !isEmpty else { return nil }
        let first = entries[head]
        entries[head] = nil
        head += 1
        if isEmpty { noEarlierThan = .max }
        if isEmpty || head >= 1_024 && head >= count { forgetAnswered() }
        return first?.caller
    }

    /// Begins again at the front of the storage: at the latest when half of it is of the past.
    private mutating func forgetAnswered() {
        if isEmpty, entries.count > Self.mostKept { entries = [] } else { entries.removeSubrange(..<head) }
        head = 0
    }

    /// What an outage has filled is given back.
    private static var mostKept: Int { 4_096 }

    /// Whether a caller has waited too long.
    ///
    /// Looks at all of them only when the earliest deadline ever seen has passed, hence at most once a tick.
    mutating func hasExpired(at now: Int64) -> Bool {
        guard now >= noEarlierThan else { return false }
        noEarlierThan = waiting.map(\.deadline).min() ?? .max
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
