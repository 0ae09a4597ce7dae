import Bus
import Schema

/// The order of one room's log as this process sees it: live envelopes come in, and go out without a silent hole.
///
///     following ──hole, resync──▶ reading ──last page──▶ following
///         └────────newer member list───▶ checking ──checked──▶ (where it was)
///
/// A live envelope that does not follow the last one shows that pub/sub has lost some, or that a new epoch has begun:
/// the log is read, and what comes meanwhile waits. What neither the recent log nor the archive has is gone, and the
/// next envelope is delivered all the same: its readers see the break and are told.
///
/// Pure.
struct RoomFeed<Payload> {
    typealias Envelope = LogEnvelope<Payload>

    enum Action {
        /// Nothing that could be had lies between the envelope before and this one.
        case deliver(Envelope, LogGround)
        /// The log ends here, and nothing that could be had lies between.
        case advance(to: LogPosition, LogGround)
        /// Read the log after this place, as far as this seq at least, then call `read`.
        case read(after: LogPosition, until: Int64)
        /// Look who is still a member, then call `checked`.
        case checkMembers(mv: Int64)
    }

    /// The place of the last envelope that went out; nil before anybody has said where the log stands.
    private(set) var last: LogPosition?
    /// The version of the member list for which the members here are known to be members.
    private(set) var mv: Int64
    private var isReading = false
    private var isChecking = false
    /// The log has to be read on as soon as that is possible.
    private var mustRead = false
    /// The page in hand.
    private var page: LogPage<Payload>?
    private var ground = LogGround()
    /// Live envelopes that wait for a page or a check; a slice, as its first is taken without moving the others.
    private var waiting: ArraySlice<Envelope> = []
    /// The bytes of those.
    private var waitingBytes = 0
    /// The highest seq heard, and the one through which the log has been read since it was heard of.
    private var heardSeq: Int64 = 0
    private var soughtSeq: Int64 = 0

    /// What may wait; beyond, the newest are dropped: the next one to come shows the hole, and it is read.
    static var waitingLimit: Int { 2_000 }
    static var waitingBytesLimit: Int { 1_048_576 }

    init(mv: Int64 = 0) { self.mv = mv }

    /// The highest seq that is known to have been given, from Redis itself.
    var knownSeq: Int64 { max(last?.seq ?? 0, heardSeq) }

    // MARK: What comes

    /// Takes where the log stood, read while subscribed: what is missing counts from there on.
    mutating func stood(at position: LogPosition) -> [Action] {
        guard last == nil else { return [] }
        last = position
        return proceed()
    }

    /// Takes a live envelope.
    mutating func received(_ envelope: Envelope) -> [Action] { received([envelope]) }

    /// Takes live envelopes that have come together.
    mutating func received(_ envelopes: [Envelope]) -> [Action] {
        var actions: [Action] = []
        actions.reserveCapacity(envelopes.count)
        for envelope in envelopes {
            heardSeq = max(heardSeq, envelope.position.seq)
            if isFollowing, envelope.mv <= mv, follows(envelope) {
                last = envelope.position
                actions.append(.deliver(envelope, ground))
            } else {
                keepWaiting(envelope)
                actions += proceed()
            }
        }
        return actions
    }

    /// Whether nothing waits for a page or a check.
    private var isFollowing: Bool { waiting.isEmpty && !isReading && !isChecking && page == nil }

    private mutating func keepWaiting(_ envelope: Envelope) {
        guard waiting.count < Self.waitingLimit, waitingBytes + envelope.size <= Self.waitingBytesLimit else {
            mustRead = true
            return
        }
        waiting.append(envelope)
        waitingBytes += envelope.size
    }

    /// Takes what was read after the last envelope.
    mutating func read(_ page: LogPage<Payload>, until seq: Int64) -> [Action] {
        guard isReading else { return [] }
        isReading = false
        self.page = page
        ground = page.ground
        if page.isLast { soughtSeq = max(soughtSeq, seq) }
        return proceed()
    }

    /// Something may have been missed, the newest included: the log must be read on.
    mutating func resync() -> [Action] {
        mustRead = true
        return proceed()
    }

    /// Takes that members have been checked as of this version.
    mutating func checked(mv: Int64) -> [Action] {
        self.mv = max(self.mv, mv)
        isChecking = false
        return proceed()
    }

    /// Hears from auth that the members are known as of this version; only the next one in turn counts.
    mutating func heard(mv: Int64) {
        if mv == self.mv &+ 1 || self.mv == 0 { self.mv = max(self.mv, mv) }
    }

    /// The member list has been set back to this version: who is here has to be seen in it.
    mutating func setBack(toMV mv: Int64) { self.mv = min(self.mv, mv) }

    // MARK: What goes out

    private func follows(_ envelope: Envelope) -> Bool {
        guard let last else { return false }
        return envelope.position.epoch == last.epoch && envelope.position.seq == last.seq &+ 1
    }

    /// Goes on as far as that is possible without a page or a check.
    private mutating func proceed() -> [Action] {
        var actions: [Action] = []
        while !isReading, !isChecking, last != nil, let action = nextAction() { actions.append(action) }
        return actions
    }

    private mutating func nextAction() -> Action? {
        if let page { return nextAction(of: page) }
        while let envelope = waiting.first {
            if envelope.position.seq <= knownLast { dropFirstWaiting(); continue }
            // What was heard before the log was read to its end, and is missing before it, is not to be had.
            guard follows(envelope) || envelope.position.seq <= soughtSeq else { return beginReading() }
            return deliver(envelope) { $0.dropFirstWaiting() }
        }
        return mustRead ? beginReading() : nil
    }

    private mutating func nextAction(of page: LogPage<Payload>) -> Action? {
        while let envelope = self.page?.envelopes.first {
            if envelope.position.seq <= knownLast { self.page?.envelopes.removeFirst(); continue }
            return deliver(envelope) { $0.page?.envelopes.removeFirst() }
        }
        self.page = nil
        guard page.isLast else { return beginReading() }
        guard let last, let extent = ground.extent, extent.goesBeyond(last) else { return nextAction() }
        self.last = extent.newest
        return .advance(to: extent.newest, ground)
    }

    private mutating func deliver(_ envelope: Envelope, taking take: (inout Self) -> Void) -> Action {
        guard envelope.mv <= mv else {
            isChecking = true
            return .checkMembers(mv: envelope.mv)
        }
        take(&self)
        last = envelope.position
        return .deliver(envelope, ground)
    }

    private mutating func beginReading() -> Action? {
        guard let last else { return nil }
        isReading = true
        mustRead = false
        return .read(after: last, until: heardSeq)
    }

    private mutating func dropFirstWaiting() {
        waitingBytes -= waiting.removeFirst().size
        // A slice keeps alive what was taken from its front.
        if waiting.isEmpty { waiting = [] }
    }

    private var knownLast: Int64 { last?.seq ?? 0 }
}

extension RoomFeed: Equatable where Payload: Equatable {}
extension RoomFeed: Hashable where Payload: Hashable {}
