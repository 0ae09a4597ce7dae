/// What has gone wrong, counted: a run with any of it fails.
struct Findings: Sendable, Equatable, Codable {
    /// Deliveries that never came.
    var lost = 0
    /// Deliveries that came twice.
    var duplicates = 0
    /// Deliveries of a sender's messages in another order than sent.
    var reordered = 0
    /// Entries of a room's log whose seq did not follow, and gaps told.
    var seqBreaks = 0
    /// Sends that were refused.
    var refused = 0
    /// Sends that were never answered.
    var unanswered = 0
    /// Connections that could not be opened.
    var unconnected = 0
    /// Connections that the server closed, or that broke.
    var closed = 0
    /// Frames that make no sense.
    var unreadable = 0
    /// Why, of the first few.
    var reasons: [String: Int] = [:]

    /// Whether nothing has gone wrong.
    var isClean: Bool {
        lost + duplicates + reordered + seqBreaks + refused + unanswered + unconnected + closed + unreadable
            == 0
    }

    /// Notes a reason; only so many different ones are kept.
    mutating func note(_ reason: String) {
        guard reasons[reason] != nil || reasons.count < 20 else { return }
        reasons[reason, default: 0] += 1
    }

    /// Adds what others have found.
    mutating func add(_ other: Findings) {
        lost += other.lost
        duplicates += other.duplicates
        reordered += other.reordered
        seqBreaks += other.seqBreaks
        refused += other.refused
        unanswered += other.unanswered
        unconnected += other.unconnected
        closed += other.closed
        unreadable += other.unreadable
        for (reason, count) in other.reasons { reasons[reason, default: 0] += count }
    }

    /// One line of all that is not 0.
    var line: String {
        let counts = [
            ("lost", lost), ("duplicates", duplicates), ("reordered", reordered), ("seq breaks", seqBreaks),
            ("refused", refused), ("unanswered", unanswered), ("not connected", unconnected),
            ("closed", closed),
            ("unreadable", unreadable),
        ]
        let told = counts.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
        let why = reasons.sorted { $0.key < $1.key }.map { "\($0.key) ×\($0.value)" }
        return (told + why).joined(separator: ", ")
    }
}
