import Bus
import Schema

@testable import ChatGateway

/// One connection as its client sees it, and what the promises demand of each frame (protocol, 4.3).
struct ModelClient: Hashable {
    /// The place up to which it has all, or has been told what not.
    private(set) var place: LogPosition?
    /// What `joined` said: the place, unless envelopes that stand for themselves come first.
    private var newest: LogPosition?
    private(set) var isIn = false
    /// The archive has been silent since it joined: a gap may be one too many.
    private var mayMissTooMuch = false

    mutating func joined(at newest: LogPosition, since: LogPosition?, isSought: Bool = true) {
        isIn = true
        mayMissTooMuch = !isSought
        place = since
        self.newest = newest
    }

    mutating func left() { isIn = false }

    mutating func hasGivenUp() { mayMissTooMuch = true }

    /// Takes an envelope; returns what is wrong with it.
    mutating func take(_ given: LogWorld.Given, _ world: LogWorld, _ removal: Int64?) -> String? {
        let position = given.position
        guard isIn else { return "\(position) to one who is not there" }
        if let removal, given.mv >= removal { return "\(position) to one who was removed" }
        if place == nil, let newest, position.seq <= newest.seq {
            place = position
            return nil
        }
        let last = place ?? newest
        place = position
        guard position.epoch == last?.epoch, position.seq == (last?.seq ?? 0) + 1 else {
            return "\(position) after \(last.map(String.init(describing:)) ?? "nothing")"
        }
        return nil
    }

    mutating func take(_ notice: LogNotice, _ world: LogWorld) -> String? {
        guard isIn, let last = place ?? newest else { return "a notice to one who is not there" }
        switch notice {
        case .gap(let epoch, let seqs):
            guard epoch == last.epoch, seqs.lowerBound == last.seq + 1 else {
                return "gap \(epoch):\(seqs) after \(last)"
            }
            place = LogPosition(epoch: epoch, seq: seqs.upperBound)
            return world.has(seqs) && !mayMissTooMuch ? "gap \(epoch):\(seqs) of what could be had" : nil
        case .epoch(let first, let previous):
            place = LogPosition(epoch: first.epoch, seq: first.seq - 1)
            guard previous == last, first.epoch != last.epoch, first.seq > last.seq,
                world.begins(at: first)
            else { return "epoch \(first) after \(previous), at \(last)" }
            let skipsSome = last.seq + 1 < first.seq && world.has(last.seq + 1...first.seq - 1)
            return skipsSome && !mayMissTooMuch ? "epoch \(first) over what could be had after \(last)" : nil
        }
    }

    /// What is wrong when all has come to rest.
    func finds(missing world: LogWorld) -> String? {
        guard isIn, let place = place ?? newest else { return nil }
        return world.extent.goesBeyond(place) ? "stays at \(place), the log at \(world.extent.newest)" : nil
    }
}

/// What a step has given to whom.
final class ModelAudience: RoomAudience {
    enum Frame {
        case envelope(LogWorld.Given)
        case notice(LogNotice)
    }

    private(set) var frames: [(ModelMember, Frame)] = []
    private let isStalled: Bool

    init(isStalled: Bool) { self.isStalled = isStalled }

    func give(_ given: LogWorld.Given, to member: ModelMember) { frames.append((member, .envelope(given))) }
    func bundle(_ given: [LogWorld.Given]) -> [LogWorld.Given] { given }
    func give(_ bundle: [LogWorld.Given], to member: ModelMember) {
        for given in bundle { give(given, to: member) }
    }
    func tell(_ notice: LogNotice, to member: ModelMember) { frames.append((member, .notice(notice))) }
    func hasRoom(_ member: ModelMember) -> Bool { member != .alice || !isStalled }
}
