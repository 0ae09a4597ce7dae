import Bus
import Schema

/// How far one connection has been given a room's log, and how it comes to be live.
///
///     reading ──page──▶ giving ──page given──▶ reading … or, where it has met the feed: live
///
/// Pure. A connection that reads is given nothing live; one that is live has all up to its place.
struct MemberCursor<Payload> {
    enum Phase: Hashable {
        /// It is given what comes.
        case live
        /// A page has been asked for.
        case reading
        /// Pages are given to it as it takes them.
        case giving
        /// The page goes on when the connection has taken more.
        case awaitingRoom
        /// The page goes on when it is known to be still a member.
        case awaitingCheck
    }

    /// What is to be done next by one that is being given pages.
    enum Step {
        case give([LogNotice], LogEnvelope<Payload>)
        case notify([LogNotice])
        case check(mv: Int64)
        case read(after: LogPosition)
        /// It has met the feed.
        case live
    }

    /// The place up to which it has all; nil before the first of envelopes that stand for themselves.
    private(set) var place: LogPosition?
    /// The version of the member list in which it was seen to be a member.
    private(set) var mv: Int64
    /// Tells one stay in the room from another.
    let ticket: UInt64
    var phase = Phase.giving
    /// What only one who is not live needs: most are.
    private var chase: Chase<Payload>?

    init(at place: LogPosition?, mv: Int64, ticket: UInt64, page: LogPage<Payload>) {
        self.place = place
        self.mv = mv
        self.ticket = ticket
        chase = Chase(page: page)
    }

    /// Takes what was read after its place, through this seq if that is the end.
    mutating func read(_ page: LogPage<Payload>, until seq: Int64) {
        let chase = ownChase()
        chase.page = page
        if page.isLast { chase.soughtSeq = max(chase.soughtSeq, seq) }
        phase = .giving
    }

    /// The member list has been set back to this version; who is one of a direct room's two is that in each.
    mutating func setBack(toMV mv: Int64) {
        if self.mv != .max { self.mv = min(self.mv, mv) }
    }

    // MARK: Live

    /// It has met the feed: nothing is kept of the pages that brought it there.
    mutating func becomeLive() {
        phase = .live
        chase = nil
    }

    /// Whether live envelopes, unbroken from one place to another, are simply the next ones: then it is given them.
    mutating func takes(_ first: LogPosition, through last: LogPosition) -> Bool {
        guard let place, first.epoch == place.epoch, first.seq == place.seq &+ 1 else { return false }
        self.place = last
        return true
    }

    /// What it must be told before a live envelope; nil where it has had that one.
    mutating func passes(to position: LogPosition, over ground: LogGround) -> [LogNotice]? {
        guard position.seq > place?.seq ?? 0 else { return nil }
        return pass(to: position, over: ground)
    }

    /// The log ends at this place: what it must be told, if that is beyond its own.
    mutating func passes(toEnd end: LogPosition, over ground: LogGround) -> [LogNotice] {
        guard let place, ground.extent?.goesBeyond(place) == true else { return [] }
        self.place = end
        return LogPassage.notices(from: place, to: end, over: ground)
    }

    private mutating func pass(to position: LogPosition, over ground: LogGround) -> [LogNotice] {
        defer { place = position }
        guard let place else { return [] }
        let before = LogPosition(epoch: position.epoch, seq: position.seq &- 1)
        return LogPassage.notices(from: place, to: before, over: ground)
    }

    // MARK: Pages

    /// What comes next; `verified` is the version for which all members here are known, `feed` where the feed stands.
    mutating func next(verified: Int64, feed: LogPosition) -> Step {
        let chase = ownChase()
        while let envelope = chase.page.envelopes.first {
            guard envelope.mv <= max(mv, verified) else { return .check(mv: envelope.mv) }
            chase.page.envelopes.removeFirst()
            guard envelope.position.seq > place?.seq ?? 0 else { continue }
            return .give(pass(to: envelope.position, over: chase.page.ground), envelope)
        }
        // A slice keeps alive what was taken from its front: it goes before the next page comes.
        chase.page.envelopes = []
        if chase.page.isLast, let notices = finish(chase.page), !notices.isEmpty { return .notify(notices) }
        guard let place else { return .live }
        guard chase.page.isLast else { return .read(after: place) }
        guard place.seq < feed.seq else {
            return chase.isTold(of: feed.epoch, at: place) ? .live : .read(after: place)
        }
        guard feed.seq <= chase.soughtSeq else { return .read(after: place) }
        // Redis was set back, and has lost what the feed has had.
        self.place = feed
        return .notify(LogPassage.notices(from: place, to: feed, over: chase.page.ground))
    }

    /// The log ended where the room's hash said, whatever of it could be had.
    private mutating func finish(_ page: LogPage<Payload>) -> [LogNotice]? {
        guard let extent = page.ground.extent else { return nil }
        guard place != nil else {
            place = extent.newest
            return nil
        }
        return passes(toEnd: extent.newest, over: page.ground)
    }

    /// To be changed in place, by this value alone.
    private mutating func ownChase() -> Chase<Payload> {
        if isKnownUniquelyReferenced(&chase), let chase { return chase }
        let copy = chase?.copy() ?? Chase(page: .unread)
        chase = copy
        return copy
    }
}

/// How far one who is behind the feed has come: the page in hand, and what has been looked for.
private final class Chase<Payload> {
    var page: LogPage<Payload>
    /// The seq through which the log has been read since it was heard of.
    var soughtSeq: Int64 = 0
    /// The epoch of the feed that the log has been read for.
    private var soughtEpoch: String?

    init(page: LogPage<Payload>) { self.page = page }

    func copy() -> Chase {
        let copy = Chase(page: page)
        (copy.soughtSeq, copy.soughtEpoch) = (soughtSeq, soughtEpoch)
        return copy
    }

    /// Whether nothing is to be learnt of the feed's epoch: one that has only begun has the seq of the one before.
    ///
    /// It is asked for once: Redis may know nothing of it any more.
    func isTold(of epoch: String, at place: LogPosition) -> Bool {
        defer { soughtEpoch = epoch }
        return place.epoch == epoch || soughtEpoch == epoch
    }
}

extension Chase: Equatable where Payload: Equatable {
    static func == (left: Chase, right: Chase) -> Bool {
        left.page == right.page && left.soughtSeq == right.soughtSeq && left.soughtEpoch == right.soughtEpoch
    }
}

extension Chase: Hashable where Payload: Hashable {
    func hash(into hasher: inout Hasher) {
        hasher.combine(page)
        hasher.combine(soughtSeq)
        hasher.combine(soughtEpoch)
    }
}

extension MemberCursor: Equatable where Payload: Equatable {}
extension MemberCursor: Hashable where Payload: Hashable {}
