import Bus
import Engine
import Redis
import Schema
import Tokens
import Web

/// One message on its way into a room's log.
final class OutgoingMessage {
    let room: RoomID
    let request: SendMessage
    let replyID: ReplyID?
    let sender: Identity
    /// What it is part of.
    let trace: TraceParent?
    /// When it came; it is settled, one way or the other, before its patience is over.
    let arrived: Instant
    /// When it set out for its place; nil: it waits for others, or has been somewhere else first.
    var departed: Instant?
    /// The id that it is tried with, once it has been tried; a later try has the same, so that it is accepted once.
    private(set) var id: MessageID?
    /// The id of its first try; those of later ones that were others.
    private var firstID: MessageID?
    private var laterIDs: [MessageID] = []
    /// The run of Redis in which it was tried last.
    var triedIn: RunID?
    /// Whether it may have its place already, though no answer has said so yet.
    var mayBeAccepted = false
    /// The unit of the limit that has, or may have, been taken for it.
    var unit: LimitUnit?

    /// Where it stands among those of its lane.
    var step = SendLane.Step.working
    private(set) var lane: SendLane?

    /// How it ended, once that is known.
    private(set) var outcome: SendOutcome?
    private var done: ((SendOutcome) -> Void)?
    /// When it was begun, which is later than it came where it had to wait for a join.
    private(set) var began: Instant
    /// Where it stands in the queue of those whose patience may end.
    var place = 0
    /// What gives it up when its patience is over, where it does not stand there.
    var deadline: Timer?

    static let patienceMilliseconds = 5_000

    init(
        room: RoomID, request: SendMessage, replyID: ReplyID?, sender: Identity, trace: TraceParent? = nil,
        arrived: Instant
    ) {
        self.room = room
        self.request = request
        self.replyID = replyID
        self.sender = sender
        self.trace = trace
        self.arrived = arrived
        began = arrived
        byteCount = Self.byteCount(of: request.message)
    }

    private static func byteCount(of message: NewMessage) -> Int {
        // Small values of JSON take several times their text.
        let metadata = message.metadata.isEmpty ? 0 : JSONValue.object(message.metadata).encoded.count * 4
        return 512 + message.content.utf8.count + metadata
    }

    var key: ClientMessageID? { request.message.clientMessageID }

    /// About how much it occupies while it waits.
    let byteCount: Int

    /// When its patience is over.
    var end: Instant { arrived.advanced(byMilliseconds: Self.patienceMilliseconds) }

    /// How much of its patience is left.
    func patience(at now: Instant) -> Int { Self.patienceMilliseconds - now.milliseconds(since: arrived) }

    // MARK: Its end

    /// Begins its way; `done` is what its sender is told by, once.
    func begin(in lane: SendLane, at now: Instant, _ done: @escaping (SendOutcome) -> Void) {
        self.lane = lane
        self.done = done
        began = now
    }

    /// Whether all before it in its lane are settled.
    var isFirst: Bool { lane?.head === self }

    /// Whether it is known how it ended, so that nothing more is to be done for it.
    var isSettled: Bool { outcome != nil }

    /// Notes how it ended: the first word counts.
    func settle(_ outcome: SendOutcome) {
        guard done != nil, !isSettled else { return }
        self.outcome = outcome
        step = .answered
    }

    /// Ends its way if it is known how: its lane, and what its sender is told by; once.
    func leave() -> (lane: SendLane, outcome: SendOutcome, done: (SendOutcome) -> Void)? {
        guard let outcome, let done, let lane else { return nil }
        self.done = nil
        self.lane = nil
        lane.leave(self)
        return (lane, outcome, done)
    }

    // MARK: What it is known by

    /// Its id, made at the first try.
    func identify(at time: Int64, from random: inout RandomReserve) -> MessageID {
        if let id { return id }
        let id = MessageID(milliseconds: time, random: random.next(), random.next())
        self.id = id
        if firstID == nil { firstID = id } else { laterIDs.append(id) }
        return id
    }

    /// The next try gets another one.
    func forgetID() { id = nil }

    /// Whether what stands under this id is this very message.
    func wasTried(as id: MessageID) -> Bool { id == firstID || laterIDs.contains(id) }

    /// What makes two sends the same: user and key; without a key, the id of the first try (see Bus.md).
    ///
    /// Not that of this try: one that was given up as lost may still come, and must be known again under the next id.
    var keyDigest: [UInt8] {
        var digest: [UInt8] = []
        addKeyDigest(to: &digest, by: Digester())
        return digest
    }

    /// Adds that to others.
    func addKeyDigest(to bytes: inout [UInt8], by digester: Digester) {
        var input: [UInt8] = []
        input.reserveCapacity(128)
        if let key {
            input.append(contentsOf: sender.user.text.utf8)
            input.append(UInt8(ascii: "\n"))
            input.append(contentsOf: key.text.utf8)
        } else {
            input.append(UInt8(ascii: "\n"))
            input.append(contentsOf: firstID?.bytes ?? [])
        }
        input.withUnsafeBytes { digester.add(sha256: $0, first: Self.digestBytes, to: &bytes) }
    }

    /// What two sends with the same key must have in common.
    var contentDigest: [UInt8] {
        var digest: [UInt8] = []
        addContentDigest(to: &digest, by: Digester())
        return digest
    }

    /// Adds that to others.
    func addContentDigest(to bytes: inout [UInt8], by digester: Digester) {
        let message = request.message
        Self.addContentDigest(about: message.content.utf8.count, to: &bytes, by: digester) { parts in
            parts.string(message.content)
            if let id = message.replyTo { parts.id(id) } else { parts.null() }
            parts.object { $0.members(message.metadata) }
        }
    }

    /// The same of a message that stands in the archive, from its `data`.
    static func contentDigest(of data: JSONValue) -> [UInt8] {
        var digest: [UInt8] = []
        addContentDigest(about: 256, to: &digest, by: Digester()) { parts in
            parts.value(data["content"] ?? .null)
            parts.value(data["reply_to"] ?? .null)
            parts.value(data["metadata"] ?? [:])
        }
        return digest
    }

    private static func addContentDigest(
        about count: Int, to bytes: inout [UInt8], by digester: Digester,
        _ parts: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter(reserving: count + 64)
        writer.array(parts)
        writer.bytes.withUnsafeBytes { digester.add(sha256: $0, first: digestBytes, to: &bytes) }
    }

    private static let digestBytes = 12
}
