import Schema

/// The order of one room's log as this process sees it: live envelopes come in, and go out without a hole.
///
///     idle ──received──▶ following ──hole──▶ filling ──filled──▶ following
///                            └──newer member list──▶ checking ──checked──▶ following
///
/// A live envelope that does not follow the last one shows that pub/sub has lost some: they are read from the recent
/// log, and what comes meanwhile waits.
struct RoomFeed<Payload> {
    struct Envelope {
        let position: LogPosition
        let mv: Int64
        let payload: Payload
    }

    enum Action {
        case deliver(Envelope)
        /// A new epoch begins with `first`; the one before ended, as far as is known here, at `last`.
        case announceEpoch(first: LogPosition, last: LogPosition)
        /// These cannot be had any more.
        case announceGap(epoch: String, seqs: ClosedRange<Int64>)
        /// Read the recent log after this seq, then call `filled`.
        case fill(after: Int64)
        /// Look who is still a member, then call `checked`.
        case checkMembers(mv: Int64)
    }

    private enum Mode {
        case following
        case filling
        case checking
    }

    /// The place of the last envelope that went out; nil before the first.
    private(set) var last: LogPosition?
    /// The version of the member list for which the members here are known to be members.
    private(set) var mv: Int64
    private var mode = Mode.following
    private var waiting: [Envelope] = []
    /// The subscription came back while something else was under way.
    private var mustResync = false
    /// How many envelopes may wait while a hole is filled.
    private static var waitingLimit: Int { 10_000 }

    init(mv: Int64 = 0) { self.mv = mv }

    /// Takes where the log stood, read while subscribed: before the first envelope, what is missing counts from there.
    mutating func stood(at position: LogPosition) {
        if last == nil, !position.epoch.isEmpty { last = position }
    }

    /// Takes a live envelope.
    mutating func received(_ envelope: Envelope) -> [Action] {
        guard case .following = mode else {
            // Beyond the bound the newest are dropped: the next one to come shows the hole, and it is read.
            if waiting.count < Self.waitingLimit { waiting.append(envelope) }
            return []
        }
        return take(envelope)
    }

    /// Takes what the recent log holds after the last envelope, in order; what is missing there is gone.
    mutating func filled(_ envelopes: [Envelope]) -> [Action] {
        guard case .filling = mode else { return [] }
        mode = .following
        var queue = envelopes
        queue.append(contentsOf: waiting)
        waiting = []
        return drain(queue, holesAreGaps: true)
    }

    /// The subscription was away for a while: what was published meanwhile must be read.
    mutating func resync() -> [Action] {
        guard let last else { return [] }
        guard case .following = mode else {
            mustResync = true
            return []
        }
        mode = .filling
        return [.fill(after: last.seq)]
    }

    /// Takes that members have been checked as of this version.
    mutating func checked(mv: Int64) -> [Action] {
        self.mv = max(self.mv, mv)
        guard case .checking = mode else { return [] }
        mode = .following
        let queue = waiting
        waiting = []
        return drain(queue, holesAreGaps: false)
    }

    /// Hears from auth that the members are known as of this version; only the next one in turn counts.
    mutating func heard(mv: Int64) {
        if mv == self.mv + 1 || self.mv == 0 { self.mv = max(self.mv, mv) }
    }

    private mutating func drain(_ queue: [Envelope], holesAreGaps: Bool) -> [Action] {
        var actions: [Action] = []
        for (index, envelope) in queue.enumerated() {
            actions += take(envelope, holeIsGap: holesAreGaps)
            guard case .following = mode else {
                waiting.append(contentsOf: queue[(index + 1)...])
                return actions
            }
        }
        guard mustResync else { return actions }
        mustResync = false
        return actions + resync()
    }

    private mutating func take(_ envelope: Envelope, holeIsGap: Bool = false) -> [Action] {
        let next = envelope.position
        guard let last else { return checkThenDeliver(envelope) }
        // A duplicate, or a straggler of what has been filled in: seq never goes down, in no epoch.
        guard next.seq > last.seq else { return [] }
        if next.epoch == last.epoch, next.seq == last.seq + 1 { return checkThenDeliver(envelope) }
        guard holeIsGap else {
            mode = .filling
            waiting.append(envelope)
            return [.fill(after: last.seq)]
        }
        if next.epoch == last.epoch {
            return [.announceGap(epoch: last.epoch, seqs: last.seq + 1...next.seq - 1)]
                + checkThenDeliver(envelope)
        }
        return [.announceEpoch(first: next, last: last)] + checkThenDeliver(envelope)
    }

    private mutating func checkThenDeliver(_ envelope: Envelope) -> [Action] {
        guard envelope.mv <= mv else {
            mode = .checking
            waiting.append(envelope)
            return [.checkMembers(mv: envelope.mv)]
        }
        last = envelope.position
        return [.deliver(envelope)]
    }
}
