import Bus
import Schema

/// Joins what Redis and the archive have of a stretch of a room's log, and cuts a page from it.
///
/// Pure. Redis is read first, then the archive up to where Redis begins: what moves from one to the other in
/// between is found in the archive. One envelope more than asked for tells whether anything lies further.
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
    private var isEndKnown = true

    /// Begins with what Redis has nearest to the place, at most `PageCut.reach` of it, in rising order.
    init(_ request: PageRequest, recent: [LoggedEnvelope]) {
        self.request = request
        envelopes = recent
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
        switch request.place {
        case .before(let before):
            // The first message of a room has seq 1: nothing lies before it.
            guard envelopes.count < reach, (envelopes.first?.seq ?? before ?? .max) > 1 else { return nil }
            return Stretch(
                above: nil, below: envelopes.first?.seq ?? before, isNewestFirst: true,
                count: reach - envelopes.count)
        case .after(let after):
            guard envelopes.first?.seq != after &+ 1 else { return nil }
            return Stretch(above: after, below: envelopes.first?.seq, isNewestFirst: false, count: reach)
        }
    }

    /// Adds what the archive has of the missing stretch, in rising order.
    mutating func fill(_ archived: [LoggedEnvelope]) {
        envelopes = archived + envelopes
        guard case .after = request.place else { return }
        envelopes = Array(envelopes.prefix(PageCut.reach(request)))
    }

    /// Goes on although the archive cannot be asked; false where Redis alone does not have the whole page.
    ///
    /// Whether anything lies further is then unknown, and taken to be so.
    mutating func goWithoutArchive() -> Bool {
        guard case .before = request.place, envelopes.count >= request.limit else { return false }
        isEndKnown = false
        return true
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
            case .after(let after): return (after == .max ? after : after + 1, after)
            }
        }
        return (first.seq, last.seq)
    }
}

extension LoggedEnvelope {
    fileprivate var epoch: String? { EnvelopeHead(reading: bytes)?.position?.epoch }
    fileprivate var isMessage: Bool { EnvelopeHead(reading: bytes)?.type == .newMessage }
}
