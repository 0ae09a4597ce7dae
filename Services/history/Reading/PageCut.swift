import Bus
import Schema

/// Joins what Redis and the archive have of a stretch of a room's log, and cuts a page from it.
///
/// Pure. Redis is read first, then the archive up to where Redis begins: what moves from one to the other in
/// between is found in the archive. One envelope more than asked for tells whether anything lies further.
///
/// Of earlier epochs Redis may have lost some that the archive has, at their ends above all: a new epoch begins where
/// Redis was set back. There both are asked, whatever Redis has.
///
/// `next_before` and `next_after` are the seqs of the page's own outermost envelopes, so that either can be sent
/// as it is, whichever way the page was asked for; each is nil where nothing lies beyond it. A page without
/// envelopes points back at the place it was asked from.
struct PageCut {
    /// A stretch of the archive: seqs between these two, both excluded, the nearest to the place asked for.
    struct Stretch: Equatable {
        var above: Int64?
        var below: Int64?
        var isNewestFirst: Bool
        var count: Int
    }

    let request: PageRequest
    /// What is known of the stretch, in rising order.
    private(set) var envelopes: [LoggedEnvelope]
    /// How many of the first of them may have others between them.
    private let doubtful: Int
    private var isEndKnown = true

    /// Begins with what Redis has nearest to the place, at most `PageCut.reach` of it, in rising order; the present
    /// epoch begins at `first`.
    init(_ request: PageRequest, recent: [LoggedEnvelope], first: Int64 = 1) {
        self.request = request
        envelopes = recent
        doubtful = recent.prefix { $0.seq < first }.count
    }

    /// The envelopes, with those of the same position in their stead that the archive has.
    static func replace(_ envelopes: [LoggedEnvelope], by archived: [LoggedEnvelope]) -> [LoggedEnvelope] {
        envelopes.map { envelope in
            archived.first { $0.seq == envelope.seq && $0.epoch == envelope.epoch } ?? envelope
        }
    }

    /// How many envelopes to look for.
    static func reach(_ request: PageRequest) -> Int { request.limit + 1 }

    /// What the archive must be asked for; nil where Redis had all that matters.
    var missing: Stretch? {
        let reach = PageCut.reach(request)
        let sure = envelopes.dropFirst(doubtful)
        switch request.place {
        case .before(let before):
            // The first message of a room has seq 1: nothing lies before it.
            guard sure.count < reach, (sure.first?.seq ?? before ?? .max) > 1 else { return nil }
            return Stretch(
                above: nil, below: sure.first?.seq ?? before, isNewestFirst: true, count: reach - sure.count)
        case .after(let after):
            guard sure.first?.seq != after &+ 1 else { return nil }
            return Stretch(above: after, below: sure.first?.seq, isNewestFirst: false, count: reach)
        }
    }

    /// Adds what the archive has of the missing stretch, in rising order.
    mutating func fill(_ archived: [LoggedEnvelope]) {
        guard let missing else { return }
        // Where the archive had more than it was asked for, its answer ends within the stretch, and what Redis has
        // beyond that end is for another page.
        let isCut = archived.count >= missing.count
        let ends = (archived.first?.seq ?? .min, archived.last?.seq ?? .max)
        let others = envelopes.prefix(doubtful).filter { envelope in
            !isCut || (missing.isNewestFirst ? envelope.seq > ends.0 : envelope.seq < ends.1)
        }
        envelopes = PageCut.merge(archived, others) + envelopes.dropFirst(doubtful)
        guard case .after = request.place else { return }
        envelopes = Array(envelopes.prefix(PageCut.reach(request)))
    }

    /// Both in rising order, each seq once.
    private static func merge(_ archived: [LoggedEnvelope], _ others: [LoggedEnvelope]) -> [LoggedEnvelope] {
        guard !others.isEmpty else { return archived }
        let known = Set(archived.map(\.seq))
        return (archived + others.filter { !known.contains($0.seq) }).sorted { $0.seq < $1.seq }
    }

    /// Goes on although the archive cannot be asked; false where Redis alone does not have the whole page.
    ///
    /// Whether anything lies further is then unknown, and taken to be so.
    mutating func goWithoutArchive() -> Bool {
        guard case .before = request.place, envelopes.count >= request.limit else { return false }
        isEndKnown = false
        return true
    }

    /// Goes on although Redis cannot be asked: whether anything newer has been accepted is unknown, and taken to be so.
    mutating func goWithoutRecent() {
        if case .after = request.place { isEndKnown = false }
    }

    /// Whether seq goes on by one within each epoch; between epochs it jumps.
    var isUnbroken: Bool {
        zip(envelopes, envelopes.dropFirst()).allSatisfy { one, next in
            one.seq &+ 1 == next.seq || one.epoch != next.epoch
        }
    }

    /// The page, at most so many bytes of it; `hasOpposite` tells whether anything lies on the side that it was
    /// asked from.
    func page(maxBytes: Int, hasOpposite: Bool) -> HistoryPage {
        var chosen: ArraySlice<LoggedEnvelope>
        switch request.place {
        case .before: chosen = envelopes.suffix(request.limit)
        case .after: chosen = envelopes.prefix(request.limit)
        }
        chosen = fitting(chosen, maxBytes)
        let isComplete = isEndKnown && chosen.count == envelopes.count
        let (first, last) = edges(of: chosen)
        let shown = request.hasAllKinds ? chosen : chosen.filter(\.isMessage)[...]
        switch request.place {
        case .before:
            return HistoryPage(
                messages: shown.map(\.bytes), nextBefore: isComplete ? nil : first,
                nextAfter: hasOpposite ? last : nil, isComplete: isComplete)
        case .after:
            return HistoryPage(
                messages: shown.map(\.bytes), nextBefore: hasOpposite ? first : nil,
                nextAfter: isComplete ? nil : last, isComplete: isComplete)
        }
    }

    /// As many as fit, counted from the place asked for; one always does.
    private func fitting(_ chosen: ArraySlice<LoggedEnvelope>, _ maxBytes: Int) -> ArraySlice<LoggedEnvelope>
    {
        var room = maxBytes
        func fits(_ envelope: LoggedEnvelope) -> Bool {
            room -= envelope.bytes.count + 1
            return room >= 0
        }
        switch request.place {
        case .after: return chosen.prefix(max(chosen.prefix(while: fits).count, 1))
        case .before:
            let count = chosen.reversed().prefix(while: fits).count
            return chosen.suffix(max(count, 1))
        }
    }

    private func edges(of chosen: ArraySlice<LoggedEnvelope>) -> (first: Int64, last: Int64) {
        guard let first = chosen.first, let last = chosen.last else {
            switch request.place {
            case .before(let before): return ((before ?? 0), max((before ?? 0) &- 1, 0))
            case .after(let after): return (after == .max ? after : after &+ 1, after)
            }
        }
        return (first.seq, last.seq)
    }
}

extension LoggedEnvelope {
    fileprivate var epoch: String? { EnvelopeHead(reading: bytes)?.position?.epoch }
    fileprivate var isMessage: Bool { EnvelopeHead(reading: bytes)?.type == .newMessage }
}
