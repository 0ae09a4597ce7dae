import Bus
import Schema

@testable import ChatGateway

/// The model of all that lies outside a gateway: a room's log in Redis, its archive, its member list.
struct LogWorld: Hashable {
    struct Entry: Hashable {
        var position: LogPosition
        var mv: Int64
        var isRecent = true
        var isArchived = false

        var isAvailable: Bool { isRecent || isArchived }
        var envelope: ModelEnvelope {
            ModelEnvelope(position: position, mv: mv, size: 1, payload: Given(position: position, mv: mv))
        }
    }

    /// What a member is given of an envelope.
    struct Given: Hashable {
        let position: LogPosition
        let mv: Int64
    }

    /// All that was ever accepted, in the order of seq.
    private(set) var entries: [Entry] = []
    /// The room's hash.
    private(set) var extent = LogExtent(newest: LogPosition(epoch: "e0", seq: 0), first: 1)
    /// Redis is another one than that of the epoch: the next to enter or to send opens a new one.
    private var isOtherRun = false
    private(set) var mv: Int64 = 1
    private var removedAt: Int64?
    /// The first seq of every epoch that was ever opened.
    private var firsts: [String: Int64] = ["e0": 1]
    /// How many seqs a new epoch leaves out.
    let jump: Int64

    static let pageSize = 2

    init(jump: Int64) { self.jump = jump }

    // MARK: Redis

    mutating func accept() -> Entry {
        open()
        let position = LogPosition(epoch: extent.newest.epoch, seq: extent.newest.seq + 1)
        let entry = Entry(position: position, mv: mv)
        entries.append(entry)
        extent.newest = position
        return entry
    }

    /// `room_enter`: where the room stands, in an epoch of this run.
    mutating func enter() -> (extent: LogExtent, mv: Int64) {
        open()
        return (extent, mv)
    }

    private mutating func open() {
        guard isOtherRun else { return }
        isOtherRun = false
        let old = extent.newest
        extent.past.append(PastEpoch(epoch: old.epoch, first: extent.first, last: old.seq))
        // By the clock: above all that was ever given, also where Redis knows nothing of it any more.
        let base = max(entries.last?.position.seq ?? 0, (firsts.values.max() ?? 1) - 1, old.seq) + jump
        extent.newest = LogPosition(epoch: "e\(firsts.count)", seq: base)
        extent.first = base + 1
        firsts[extent.newest.epoch] = extent.first
    }

    /// Redis is restarted, perhaps without the last thing that it did: an envelope, or the opening of an epoch.
    mutating func restart(losesLast: Bool) {
        isOtherRun = true
        guard losesLast else { return }
        let lost = extent.newest
        if lost.seq >= extent.first {
            extent.newest.seq -= 1
            for index in entries.indices where entries[index].position == lost {
                entries[index].isRecent = false
            }
        } else if jump > 0, let before = extent.past.popLast() {
            // Without a jump the room is ahead of the clock, and nobody could tell two openings by their seq.
            extent.newest = LogPosition(epoch: before.epoch, seq: before.last)
            extent.first = before.first
        }
    }

    /// Whether an epoch can be said to begin here: one that Redis has forgotten begins with what is left of it.
    func begins(at first: LogPosition) -> Bool {
        guard let known = firsts[first.epoch] else { return false }
        return extent.epoch(first.epoch) == nil ? known <= first.seq : known == first.seq
    }

    func recent(after seq: Int64) -> (envelopes: [ModelEnvelope], isAll: Bool) {
        let all = entries.filter { $0.isRecent && $0.position.seq > seq }
        return (all.prefix(Self.pageSize).map(\.envelope), all.count < Self.pageSize)
    }

    func newestRecent(_ count: Int, upTo seq: Int64) -> [ModelEnvelope] {
        entries.filter { $0.isRecent && $0.position.seq <= seq }.suffix(count).map(\.envelope)
    }

    // MARK: The archive

    /// The oldest that is not archived yet.
    mutating func archiveNext() -> Bool {
        guard let index = entries.firstIndex(where: { $0.isRecent && !$0.isArchived }) else { return false }
        entries[index].isArchived = true
        return true
    }

    /// Redis forgets the oldest that it has; what is not archived stays.
    mutating func forgetNext() -> Bool {
        guard let index = entries.firstIndex(where: \.isRecent), entries[index].isArchived else {
            return false
        }
        entries[index].isRecent = false
        return true
    }

    /// `rpc:history` `page`.
    func page(after seq: Int64) -> (envelopes: [ModelEnvelope], isComplete: Bool) {
        let all = entries.filter { $0.isAvailable && $0.position.seq > seq }
        return (all.prefix(Self.pageSize).map(\.envelope), all.count <= Self.pageSize)
    }

    func newest(_ count: Int, upTo seq: Int64) -> [ModelEnvelope] {
        entries.filter { $0.isAvailable && $0.position.seq <= seq }.suffix(count).map(\.envelope)
    }

    func holds(_ place: LogPosition) -> Bool { entries.contains { $0.isAvailable && $0.position == place } }

    /// Whether anything in this range could be had.
    func has(_ seqs: ClosedRange<Int64>) -> Bool {
        entries.contains { $0.isAvailable && seqs.contains($0.position.seq) }
    }

    // MARK: The member list

    mutating func changeMembers(removing: Bool) {
        mv += 1
        if removing { removedAt = mv }
    }

    /// The version of the member list in which one is none any more.
    func removal(of member: ModelMember) -> Int64? { member == .alice ? removedAt : nil }

    func isMember(_ member: ModelMember) -> Bool { removal(of: member) == nil }
}

typealias ModelEnvelope = LogEnvelope<LogWorld.Given>
typealias ModelPage = LogPage<LogWorld.Given>

/// Alice comes and goes; bob, where he is, stays.
enum ModelMember: Hashable {
    case alice
    case bob
}
