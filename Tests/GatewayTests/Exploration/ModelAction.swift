import Bus
import Schema

@testable import ChatGateway

/// Everything that can happen next, in Redis, on the way, in the gateway, at the client.
enum ModelAction: Int, CaseIterable {
    case accept, archive, forget
    case publishLost, disconnect, confirm, restart, restartLosing
    case deliver, deliverTogether, hear
    case markFeed, markAlice, markBob
    case archiveSilentForFeed, archiveSilentForAlice
    case joinFresh, joinWhereLeft, joinAhead, joinFromTheStart, joinGoesOn
    case leave, stall, drain
    case memberChanges, aliceIsRemoved, checkGoesOn
    case compare
}

/// How often what is not an answer may happen in a history.
struct ModelBudget: Hashable {
    private var left: [Int8]

    /// What is bound to happen sooner or later.
    static let answers: [ModelAction] = [
        .deliver, .deliverTogether, .hear, .markFeed, .markAlice, .markBob, .joinGoesOn, .drain, .checkGoesOn,
        .confirm,
    ]
    private static let isAnswer = ModelAction.allCases.map { answers.contains($0) }

    init(_ counts: [ModelAction: Int]) { left = ModelAction.allCases.map { Int8(counts[$0] ?? 0) } }

    /// What is left after an action; nil where it may not happen any more.
    func spending(_ action: ModelAction) -> ModelBudget? {
        let index = action.rawValue
        guard !Self.isAnswer[index] else { return self }
        guard left[index] > 0 else { return nil }
        var budget = self
        budget.left[index] -= 1
        return budget
    }
}

extension ModelGateway {
    /// Whether an answer can come now; of what is no answer `perform` tells.
    func may(_ action: ModelAction) -> Bool {
        switch action {
        case .deliver: !channel.isEmpty
        case .deliverTogether: channel.count > 1
        case .hear: !control.isEmpty
        case .markFeed: feedRead != nil
        case .markAlice: reads[.alice] != nil
        case .markBob: reads[.bob] != nil
        case .joinGoesOn: join != nil
        case .drain: isStalled
        case .checkGoesOn: !checks.isEmpty
        case .confirm: !isSubscribed
        default: true
        }
    }

    /// Carries out an action; false where it cannot happen.
    mutating func perform(_ action: ModelAction) throws(Violation) -> Bool {
        switch action {
        case .accept: accept()
        case .archive: return world.archiveNext()
        case .forget: return world.forgetNext()
        case .publishLost:
            guard !channel.isEmpty else { return false }
            channel.removeFirst()
        case .disconnect:
            guard isSubscribed else { return false }
            lose()
        case .restart: restart(losesLast: false)
        case .restartLosing: restart(losesLast: true)
        case .confirm:
            guard !isSubscribed, !fanOut.members.isEmpty || join != nil else { return false }
            isSubscribed = true
            try run { $0.resync($1) }
        case .deliver:
            guard let envelope = channel.first else { return false }
            channel.removeFirst()
            try run { $0.received([envelope], $1) }
        case .deliverTogether:
            guard channel.count > 1 else { return false }
            let envelopes = channel
            channel = []
            try run { $0.received(envelopes, $1) }
        case .hear: return hear()
        case .markFeed: return try readFeed(archiveAnswers: true)
        case .archiveSilentForFeed: return try readFeed(archiveAnswers: false)
        case .markAlice: return try read(for: .alice, archiveAnswers: true)
        case .archiveSilentForAlice: return try read(for: .alice, archiveAnswers: false)
        case .markBob: return try read(for: .bob, archiveAnswers: true)
        case .joinFresh: return begin(since: nil)
        case .joinWhereLeft:
            guard let place = clients[.alice]?.place else { return false }
            return begin(since: place)
        case .joinAhead:
            guard let place = clients[.alice]?.place else { return false }
            return begin(since: LogPosition(epoch: place.epoch, seq: place.seq + 1))
        case .joinFromTheStart: return begin(since: LogPosition(epoch: "e0", seq: 0))
        case .joinGoesOn: return try goOnJoining()
        case .leave:
            guard fanOut.ticket(of: .alice) != nil, join == nil else { return false }
            putOut(.alice)
            closeIfUnused()
        case .stall:
            guard !isStalled else { return false }
            isStalled = true
        case .drain:
            guard isStalled else { return false }
            isStalled = false
            let waiting = awaitingRoom
            awaitingRoom = [:]
            for (member, ticket) in waiting { try run { $0.drained(member, ticket: ticket, $1) } }
        case .memberChanges: change(removing: false)
        case .aliceIsRemoved: change(removing: true)
        case .checkGoesOn: return try goOnChecking()
        case .compare: return try compare()
        }
        return true
    }

    // MARK: Redis

    private mutating func accept() {
        let entry = world.accept()
        if isSubscribed { channel.append(entry.envelope) }
    }

    private mutating func lose() {
        isSubscribed = false
        channel = []
    }

    private mutating func restart(losesLast: Bool) {
        world.restart(losesLast: losesLast)
        lose()
        if case .marked? = feedRead?.state { feedRead?.state = .asked }
        for member in reads.keys {
            if case .marked? = reads[member]?.state { reads[member]?.state = .asked }
        }
    }

    private mutating func change(removing: Bool) {
        world.changeMembers(removing: removing)
        control.append(Change(mv: world.mv, removesAlice: removing))
    }

    private mutating func hear() -> Bool {
        guard let change = control.first else { return false }
        control.removeFirst()
        if change.removesAlice, fanOut.mv(of: .alice) ?? .max < change.mv { putOut(.alice) }
        fanOut.heard(mv: change.mv)
        closeIfUnused()
        return true
    }

    /// The look at a quiet room: it shows what nothing else would.
    private mutating func compare() throws(Violation) -> Bool {
        guard let last = fanOut.last, !fanOut.members.isEmpty, feedRead == nil, checks.isEmpty else {
            return false
        }
        if world.extent.goesBeyond(last) {
            try run { $0.resync($1) }
            return true
        }
        let mv = world.mv
        try run { fanOut, _ in fanOut.stands(atMV: mv) }
        return !checks.isEmpty
    }

    // MARK: Reading

    private mutating func readFeed(archiveAnswers: Bool) throws(Violation) -> Bool {
        guard var read = feedRead else { return false }
        if !archiveAnswers { guard case .stretch = read.state else { return false } }
        guard let (page, hasGivenUp) = advance(&read, archiveAnswers: archiveAnswers) else {
            feedRead = read
            return true
        }
        feedRead = nil
        isFeedSought = !hasGivenUp
        if hasGivenUp { for member in clients.keys { clients[member]?.hasGivenUp() } }
        try run { $0.feedRead(page, until: read.until, $1) }
        return true
    }

    private mutating func read(for member: ModelMember, archiveAnswers: Bool) throws(Violation) -> Bool {
        guard var read = reads[member] else { return false }
        if !archiveAnswers { guard case .stretch = read.state else { return false } }
        guard let (page, hasGivenUp) = advance(&read, archiveAnswers: archiveAnswers) else {
            reads[member] = read
            return true
        }
        reads[member] = nil
        if hasGivenUp { clients[member]?.hasGivenUp() }
        try run { $0.read(page, until: read.until, for: member, ticket: read.ticket, $1) }
        return true
    }

    // MARK: Joining

    private mutating func begin(since: LogPosition?) -> Bool {
        guard join == nil else { return false }
        join = .asked(since: since)
        return true
    }

    private mutating func goOnJoining() throws(Violation) -> Bool {
        switch join {
        case nil: return false
        case .asked(let since):
            guard isSubscribed else { return false }
            let (extent, mv) = world.enter()
            join = .standing(extent, mv: mv, since: since)
            try run { $0.stood(at: extent.newest, $1) }
            if !world.isMember(.alice) {
                putOut(.alice)
                join = nil
                closeIfUnused()
            }
        case .standing(let extent, let mv, let since):
            let (place, page) = try start(since: since, extent)
            join = .ready(extent, mv: mv, since: since, place: place, page)
        case .ready(let extent, let mv, let since, let place, let page):
            // The member list has changed meanwhile, perhaps against this user: ask again.
            guard mv >= fanOut.newestMV else {
                join = .asked(since: since)
                return true
            }
            join = nil
            reads[.alice] = nil
            awaitingRoom[.alice] = nil
            clients[.alice]?.joined(at: extent.newest, since: place, isSought: isFeedSought)
            try run { $0.enter(.alice, mv: mv, at: place, with: page, $1) }
        }
        return true
    }

    // MARK: The member list

    private mutating func goOnChecking() throws(Violation) -> Bool {
        guard let check = checks.first else { return false }
        switch check {
        case .asked(let mv):
            checks[0] = .answered(mv, list: world.mv, isAliceMember: world.isMember(.alice))
        case .answered(let mv, let list, let isAliceMember):
            checks.removeFirst()
            if !isAliceMember, fanOut.mv(of: .alice) ?? .max <= list { putOut(.alice) }
            let seen = max(mv, list)
            try run { $0.checked(mv: seen, $1) }
            closeIfUnused()
        }
        return true
    }
}
