import Bus
import Engine
import Schema
import Tokens

/// One message on its way into a room's log.
final class OutgoingMessage {
    let room: RoomID
    let request: SendMessage
    let replyID: ReplyID?
    let sender: Identity
    /// When it came; it is settled, one way or the other, before its patience is over.
    let arrived: Instant
    /// Its id, once it has been tried; a later try has the same, so that it is accepted once.
    var id: MessageID?
    /// Whether a try was sent whose outcome is not known.
    var isUncertain = false
    /// The id under which a unit of the limit has been taken for it.
    var unit: MessageID?

    static let patienceMilliseconds = 5_000

    init(room: RoomID, request: SendMessage, replyID: ReplyID?, sender: Identity, arrived: Instant) {
        self.room = room
        self.request = request
        self.replyID = replyID
        self.sender = sender
        self.arrived = arrived
    }

    var key: ClientMessageID? { request.message.clientMessageID }

    /// About how much it occupies while it waits.
    var byteCount: Int { request.message.content.utf8.count + 512 }

    /// What makes two sends the same: user and key; without a key, the message's own id (see Bus.md).
    func keyDigest(_ id: MessageID) -> [UInt8] {
        let bytes = key.map { Array("\(sender.user)\n\($0.text)".utf8) } ?? [UInt8(ascii: "\n")] + id.bytes
        return Array(Digest.sha256(bytes).prefix(12))
    }

    /// What two sends with the same key must have in common.
    var contentDigest: [UInt8] {
        let message = request.message
        let content: JSONValue = [
            .string(message.content), message.replyTo.map { .string($0.text) } ?? .null,
            .object(message.metadata),
        ]
        return Array(Digest.sha256(content.encoded).prefix(12))
    }
}
