import Bus
import Schema

/// Asks the archive for what was sent under a key, however long ago.
struct SendArchive {
    let rpc: RPCClient

    /// What it knows of a message that came again.
    enum Answer {
        /// Nothing.
        case unknown
        /// This very message.
        case same(MessageID, LogPosition)
        /// Another message under the same key.
        case other
    }

    /// Asks, and waits at most so long.
    func find(_ message: OutgoingMessage, withinMilliseconds bound: Int) async throws(BusError) -> Answer {
        guard let key = message.key else { return .unknown }
        let question: JSONValue = [
            "room": .string(message.room.text), "user": .string(message.sender.user.text),
            "client_msg_id": .string(key.text),
        ]
        let answer = try await rpc.call("history", "find", question, timeoutMilliseconds: bound)
        guard let envelope = answer["envelope"], envelope != .null else { return .unknown }
        guard let id = envelope["id"]?.text.flatMap(MessageID.init), let epoch = envelope["epoch"]?.text,
            let seq = envelope["seq"]?.int, let data = envelope["data"]
        else { throw .malformed }
        guard OutgoingMessage.contentDigest(of: data) == message.contentDigest else { return .other }
        return .same(id, LogPosition(epoch: epoch, seq: seq))
    }
}
