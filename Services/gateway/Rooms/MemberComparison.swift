import Schema

/// Who of those in a room has still to be compared with its member list, a few at a time.
///
/// Pure. Redis does nothing else while it answers. Whoever comes in by an older list meanwhile is compared as well.
struct MemberComparison {
    /// The version of the list for which all are known who were asked about; `.max` before any.
    private(set) var mv: Int64 = .max
    private var asked: Set<UserHandle> = []
    private var waiting: [UserHandle] = []

    /// How many to ask about at once: some hundred microseconds of Redis.
    static let most = 500

    /// Whom to ask about next, nil where all are known; `seenBefore` tells who is here by a list older than that.
    ///
    /// At least one question is asked, be it about nobody: it tells the version.
    mutating func next(seenBefore: (Int64) -> [UserHandle]) -> [UserHandle]? {
        if waiting.isEmpty {
            waiting = Array(Set(seenBefore(mv)).subtracting(asked))
            guard !waiting.isEmpty || mv == .max else { return nil }
        }
        let users = Array(waiting.suffix(Self.most))
        waiting.removeLast(users.count)
        asked.formUnion(users)
        return users
    }

    /// Takes the version of the list by which the last question was answered.
    mutating func answered(mv: Int64) { self.mv = min(self.mv, mv) }
}
