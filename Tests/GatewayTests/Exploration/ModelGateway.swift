import Bus
import Schema

@testable import ChatGateway

/// The model of a gateway with one room, as `LocalRoom`, `LogReader` and `Join` run it: the real fan-out, and work
/// under way whose answers may come at any time, in any order.
struct ModelGateway: Hashable {
    enum Reading: Hashable {
        case asked
        /// The room's hash has been read.
        case marked(LogExtent)
        /// Redis alone does not do: the archive is to be asked.
        case stretch(LogStretch<LogWorld.Given>)
        case ready(ModelPage, hasGivenUp: Bool)

        var marked: LogExtent? {
            guard case .marked(let extent) = self else { return nil }
            return extent
        }
    }

    struct Read: Hashable {
        let ticket: UInt64
        let after: LogPosition
        let until: Int64
        var state = Reading.asked
    }

    enum Join: Hashable {
        case asked(since: LogPosition?)
        case standing(LogExtent, mv: Int64, since: LogPosition?)
        case ready(LogExtent, mv: Int64, since: LogPosition?, place: LogPosition?, ModelPage)
    }

    enum Check: Hashable {
        case asked(Int64)
        case answered(Int64, list: Int64, isAliceMember: Bool)
    }

    struct Change: Hashable {
        let mv: Int64
        let removesAlice: Bool
    }

    var world: LogWorld
    /// Whether others may come between the two commands of a read.
    let splitsReads: Bool
    var fanOut = RoomFanOut<ModelAudience>()
    var isSubscribed = false
    /// What has been published and not arrived yet.
    var channel: [ModelEnvelope] = []
    /// What auth has told and has not been heard yet.
    var control: [Change] = []
    var feedRead: Read?
    /// Whether the archive had answered for what the feed last read.
    var isFeedSought = true
    var reads: [ModelMember: Read] = [:]
    var awaitingRoom: [ModelMember: UInt64] = [:]
    var checks: [Check] = []
    var join: Join?
    var isStalled = false
    var clients: [ModelMember: ModelClient] = [.alice: ModelClient()]

    init(world: LogWorld, splitsReads: Bool) {
        self.world = world
        self.splitsReads = splitsReads
    }

    // MARK: The fan-out

    /// Lets the fan-out do something, gives the clients their frames, and takes what it asks for.
    mutating func run(
        _ body: (inout RoomFanOut<ModelAudience>, ModelAudience) -> [RoomFanOut<ModelAudience>.Request]
    ) throws(Violation) {
        let audience = ModelAudience(isStalled: isStalled)
        let requests = body(&fanOut, audience)
        for (member, frame) in audience.frames {
            let problem: String?
            switch frame {
            case .envelope(let given):
                problem = clients[member]?.take(given, world, world.removal(of: member))
            case .notice(let notice): problem = clients[member]?.take(notice, world)
            }
            if let problem { throw Violation("\(member) gets \(problem)") }
        }
        for request in requests {
            switch request {
            case .readFeed(let after, let until): feedRead = Read(ticket: 0, after: after, until: until)
            case .read(let member, let ticket, let after, let until):
                reads[member] = Read(ticket: ticket, after: after, until: until)
            case .awaitRoom(let member, let ticket): awaitingRoom[member] = ticket
            case .checkMembers(let mv): checks.append(.asked(mv))
            }
        }
    }

    /// A room that nobody follows any more is forgotten, with all that was under way for it.
    mutating func closeIfUnused() {
        guard fanOut.members.isEmpty, join == nil else { return }
        fanOut = RoomFanOut()
        isSubscribed = false
        channel = []
        feedRead = nil
        isFeedSought = true
        reads = [:]
        awaitingRoom = [:]
        checks = []
    }

    mutating func putOut(_ member: ModelMember) {
        guard fanOut.leave(member) else { return }
        clients[member]?.left()
        if member == .alice { join = nil }
    }

    // MARK: Reading

    /// Goes one step further with a read; returns the page once it has come.
    func advance(_ read: inout Read, archiveAnswers: Bool) -> (ModelPage, hasGivenUp: Bool)? {
        switch read.state {
        case .asked where splitsReads: read.state = .marked(world.extent)
        case .asked, .marked:
            let recent = world.recent(after: read.after.seq)
            let stretch = LogStretch(
                after: read.after, until: read.until, recent: recent.envelopes, isAll: recent.isAll,
                extent: read.state.marked ?? world.extent)
            read.state = stretch.page.map { .ready($0, hasGivenUp: false) } ?? .stretch(stretch)
        case .stretch(let stretch) where archiveAnswers:
            let archived = world.page(after: read.after.seq)
            let page = stretch.joined(archived.envelopes, isComplete: archived.isComplete)
            read.state = page.map { .ready($0, hasGivenUp: false) } ?? .asked
        case .stretch(let stretch): read.state = .ready(stretch.unsought, hasGivenUp: true)
        case .ready(let page, let hasGivenUp): return (page, hasGivenUp)
        }
        return nil
    }

    // MARK: Joining

    /// What `JoinStart` reads.
    func start(since: LogPosition?, _ extent: LogExtent) throws(Violation) -> (LogPosition?, ModelPage) {
        if let since, let page = missed(since, extent) { return (since, page) }
        if let since, extent == world.extent, Resumption(of: since, in: extent) == .known,
            world.isWhole(after: since)
        {
            throw Violation("\(since) is not recovered, though all that follows can be had")
        }
        return (nil, ModelPage(lead: newest(2, upTo: extent), upTo: extent))
    }

    private func newest(_ count: Int, upTo extent: LogExtent) -> [ModelEnvelope] {
        var found = NewestEnvelopes<LogWorld.Given>(count)
        found.add(world.newestRecent(count, upTo: extent.newest.seq))
        guard found.mayLackSome(upTo: extent) else { return found.envelopes }
        return world.newest(count, upTo: extent.newest.seq)
    }

    private func missed(_ since: LogPosition, _ extent: LogExtent) -> ModelPage? {
        switch Resumption(of: since, in: extent) {
        case .unknown: return nil
        case .askArchive: guard world.holds(since) else { return nil }
        case .known: break
        }
        var read = Read(ticket: 0, after: since, until: extent.newest.seq)
        while true {
            guard let (page, _) = advance(&read, archiveAnswers: true) else { continue }
            return page.isWhole(after: since) ? page : nil
        }
    }
}

extension LogWorld {
    /// Whether all that was accepted after a place can still be had.
    func isWhole(after place: LogPosition) -> Bool {
        extent.epochs.allSatisfy { epoch in
            let first = max(epoch.first, place.seq + 1)
            return first > epoch.last
                || (first...epoch.last).allSatisfy { seq in
                    holds(LogPosition(epoch: epoch.epoch, seq: seq))
                }
        }
    }
}

/// A broken promise.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
