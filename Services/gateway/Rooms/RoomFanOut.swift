import Bus
import Schema

/// Those who are given a room's log.
protocol RoomAudience {
    associatedtype Member: Hashable
    associatedtype Payload
    associatedtype Bundle

    func give(_ payload: Payload, to member: Member)
    /// Makes one of several that most members are given, in this order.
    func bundle(_ payloads: [Payload]) -> Bundle
    func give(_ bundle: Bundle, to member: Member)
    func tell(_ notice: LogNotice, to member: Member)
    /// Whether more of a page may be given; where not, `RoomFanOut.drained` will be called.
    func hasRoom(_ member: Member) -> Bool
}

/// One room's log on its way to the connections here: the feed, and where each of them stands.
///
/// Pure, but for what it gives to the audience: joins, recovery, live envelopes, holes and epochs meet here, and only
/// here. What must be read or compared is returned as requests; their answers come back by `read`, `checked`, …
struct RoomFanOut<Audience: RoomAudience> {
    typealias Member = Audience.Member
    typealias Payload = Audience.Payload
    private typealias Cursors = [Member: MemberCursor<Payload>]

    enum Request {
        /// Read the log for the feed, then call `feedRead`.
        case readFeed(after: LogPosition, until: Int64)
        /// Read the log for one who catches up, then call `read` with the same ticket.
        case read(Member, ticket: UInt64, after: LogPosition, until: Int64)
        /// Call `drained` when the connection has taken more.
        case awaitRoom(Member, ticket: UInt64)
        /// Compare the members here with the member list, then call `checked`.
        case checkMembers(mv: Int64)
    }

    private var feed = RoomFeed<Payload>()
    private var cursors: Cursors = [:]
    /// The version of the member list that is being compared.
    private(set) var checking: Int64?
    /// The newest version of the member list that anybody has told of: who was seen to be a member in an older one
    /// may be none any more.
    private(set) var newestMV: Int64 = 0
    private var tickets: UInt64 = 0

    /// The highest seq that this process has had of the room from Redis.
    var knownSeq: Int64 { feed.knownSeq }
    /// The place up to which all is known here.
    var last: LogPosition? { feed.last }
    var members: some Collection<Member> { cursors.keys }

    /// The version of the member list for which all who are here are known to be members.
    var verifiedMV: Int64 { feed.mv }

    /// The version of the member list in which one who is here was seen to be a member.
    func mv(of member: Member) -> Int64? { cursors[member]?.mv }

    /// The stay of one who is here: another one after each `enter`.
    func ticket(of member: Member) -> UInt64? { cursors[member]?.ticket }

    /// How far one who is here has been given the log.
    func place(of member: Member) -> LogPosition? { cursors[member]?.place }

    /// Calls for each who is given what comes.
    func forEachLive(_ body: (Member) -> Void) {
        for (member, cursor) in cursors where cursor.phase == .live { body(member) }
    }

    // MARK: Members

    /// One comes in: it is given the page, then what follows in the log after its place, then what comes.
    ///
    /// Without a place the page stands for itself and ends at the newest. One who is here already begins anew.
    mutating func enter(
        _ member: Member, mv: Int64, at place: LogPosition?, with page: LogPage<Payload>, _ audience: Audience
    ) -> [Request] {
        var requests: [Request] = []
        if let start = place ?? page.ground.extent?.newest { requests = stood(at: start, audience) }
        if cursors.isEmpty { requests += perform(feed.checked(mv: mv == .max ? feed.mv : mv), audience) }
        tickets += 1
        cursors[member] = MemberCursor(at: place, mv: mv, ticket: tickets, page: page)
        return requests + proceed(member, audience)
    }

    /// One goes; says whether it was here.
    mutating func leave(_ member: Member) -> Bool { cursors.removeValue(forKey: member) != nil }

    // MARK: The log

    /// Takes where the log stood, read while subscribed.
    mutating func stood(at position: LogPosition, _ audience: Audience) -> [Request] {
        perform(feed.stood(at: position), audience)
    }

    /// Takes live envelopes that have come together.
    mutating func received(_ envelopes: [LogEnvelope<Payload>], _ audience: Audience) -> [Request] {
        perform(feed.received(envelopes), audience)
    }

    /// Live envelopes may have been missed.
    mutating func resync(_ audience: Audience) -> [Request] { perform(feed.resync(), audience) }

    /// Takes what the feed has asked for.
    mutating func feedRead(
        _ page: LogPage<Payload>, until seq: Int64, _ audience: Audience
    ) -> [Request] {
        perform(feed.read(page, until: seq), audience)
    }

    /// Takes what one who catches up has asked for.
    mutating func read(
        _ page: LogPage<Payload>, until seq: Int64, for member: Member, ticket: UInt64, _ audience: Audience
    ) -> [Request] {
        guard cursors[member]?.ticket == ticket, cursors[member]?.phase == .reading else { return [] }
        cursors[member]?.read(page, until: seq)
        return proceed(member, audience)
    }

    /// A connection has taken more.
    mutating func drained(_ member: Member, ticket: UInt64, _ audience: Audience) -> [Request] {
        guard cursors[member]?.ticket == ticket, cursors[member]?.phase == .awaitingRoom else { return [] }
        return proceed(member, audience)
    }

    private mutating func perform(_ actions: [RoomFeed<Payload>.Action], _ audience: Audience) -> [Request] {
        var requests: [Request] = []
        var delivery = LogDelivery<Payload>()
        for action in actions {
            if case .deliver(let envelope, let ground) = action {
                if delivery.append(envelope, over: ground) { continue }
                deliver(&delivery, audience)
                _ = delivery.append(envelope, over: ground)
                continue
            }
            deliver(&delivery, audience)
            switch action {
            case .deliver: break
            case .advance(let end, let ground): advance(to: end, ground, audience)
            case .read(let after, let until): requests.append(.readFeed(after: after, until: until))
            case .checkMembers(let mv): requests += check(mv)
            }
        }
        deliver(&delivery, audience)
        return requests
    }

    private mutating func deliver(_ delivery: inout LogDelivery<Payload>, _ audience: Audience) {
        let envelopes = delivery.takeAll()
        guard let first = envelopes.first, let last = envelopes.last else { return }
        // Most stand where the first follows, and all get the same.
        let bundle = envelopes.count > 1 ? audience.bundle(envelopes.map(\.payload)) : nil
        var place = cursors.startIndex
        while let index = nextLive(from: &place) {
            let member = cursors.keys[index]
            guard cursors.values[index].takes(first.position, through: last.position) else {
                for envelope in envelopes { give(envelope, delivery.ground, to: index, audience) }
                continue
            }
            guard let bundle else {
                audience.give(first.payload, to: member)
                continue
            }
            audience.give(bundle, to: member)
        }
    }

    /// The next one that is live, from a place on, which moves behind it.
    ///
    /// `indices` would hold the table while it is changed, and so have all of it copied.
    private func nextLive(from place: inout Cursors.Index) -> Cursors.Index? {
        while place != cursors.endIndex {
            let index = place
            cursors.formIndex(after: &place)
            if cursors.values[index].phase == .live { return index }
        }
        return nil
    }

    private mutating func give(
        _ envelope: LogEnvelope<Payload>, _ ground: LogGround,
        to index: Cursors.Index, _ audience: Audience
    ) {
        guard let notices = cursors.values[index].passes(to: envelope.position, over: ground) else { return }
        let member = cursors.keys[index]
        for notice in notices { audience.tell(notice, to: member) }
        audience.give(envelope.payload, to: member)
    }

    private mutating func advance(to end: LogPosition, _ ground: LogGround, _ audience: Audience) {
        var place = cursors.startIndex
        while let index = nextLive(from: &place) {
            let member = cursors.keys[index]
            for notice in cursors.values[index].passes(toEnd: end, over: ground) {
                audience.tell(notice, to: member)
            }
        }
    }

    // MARK: Catching up

    private mutating func proceed(_ member: Member, _ audience: Audience) -> [Request] {
        guard let index = cursors.index(forKey: member), let last = feed.last else { return [] }
        while true {
            let ticket = cursors.values[index].ticket
            guard audience.hasRoom(member) else {
                cursors.values[index].phase = .awaitingRoom
                return [.awaitRoom(member, ticket: ticket)]
            }
            switch cursors.values[index].next(verified: feed.mv, feed: last) {
            case .give(let notices, let envelope):
                for notice in notices { audience.tell(notice, to: member) }
                audience.give(envelope.payload, to: member)
            case .notify(let notices):
                for notice in notices { audience.tell(notice, to: member) }
            case .check(let mv):
                cursors.values[index].phase = .awaitingCheck
                return check(mv)
            case .read(let after):
                cursors.values[index].phase = .reading
                return [.read(member, ticket: ticket, after: after, until: knownSeq)]
            case .live:
                cursors.values[index].becomeLive()
                return []
            }
        }
    }

    // MARK: The member list

    /// Hears that the member list has this version, of which the members here may know nothing.
    mutating func stands(atMV mv: Int64) -> [Request] { mv > feed.mv && !cursors.isEmpty ? check(mv) : [] }

    /// The member list may have changed without a new version.
    mutating func recheck() -> [Request] { cursors.isEmpty ? [] : check(feed.mv) }

    /// Hears from auth of one change, which has been acted upon.
    mutating func heard(mv: Int64) {
        learn(ofMV: mv)
        feed.heard(mv: mv)
    }

    /// The member list has come to this version.
    mutating func learn(ofMV mv: Int64) { newestMV = max(newestMV, mv) }

    /// The member list itself is of this older version, and stays so: it was set back, and what was told of later ones is
    /// of a list that is no more.
    mutating func setBack(toMV mv: Int64) -> [Request] {
        newestMV = mv
        checking = nil
        feed.setBack(toMV: mv)
        for index in cursors.indices { cursors.values[index].setBack(toMV: mv) }
        return cursors.isEmpty ? [] : check(mv)
    }

    private mutating func check(_ mv: Int64) -> [Request] {
        learn(ofMV: mv)
        guard checking ?? 0 < mv else { return [] }
        checking = mv
        return [.checkMembers(mv: mv)]
    }

    /// Those who are not members as of this version have been put out; the others are.
    mutating func checked(mv: Int64, _ audience: Audience) -> [Request] {
        learn(ofMV: mv)
        if let checking, checking <= mv { self.checking = nil }
        var requests = perform(feed.checked(mv: mv), audience)
        let waiting = cursors.filter { $0.value.phase == .awaitingCheck }.keys
        for member in waiting { requests += proceed(member, audience) }
        return requests
    }
}

extension RoomFanOut: Equatable where Audience.Payload: Equatable {}
extension RoomFanOut: Hashable where Audience.Payload: Hashable {}
