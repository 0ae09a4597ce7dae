import Bus
import Engine
import Schema

/// Asks the archive for what was sent under a key, however long ago.
///
/// Nothing of a limit is taken for a question: so users have turns. Belongs to its loop.
final class SendArchive {
    private let loop: EventLoop
    private let rpc: RPCClient
    private let places = FairPlaces<UserHandle>(mostQuestions)

    /// How many messages the archive is asked for at a time, and each how long.
    static let mostQuestions = 256
    private static let questionMilliseconds = 2_500

    /// What it knows of a message that came again.
    enum Answer {
        /// Nothing.
        case unknown
        /// This very message.
        case same(MessageID, LogPosition)
        /// Another message under the same key.
        case other
    }

    init(loop: EventLoop, rpc: RPCClient) {
        self.loop = loop
        self.rpc = rpc
    }

    /// Asks when it is its sender's turn, as long as the message has patience; nil where there is no answer.
    ///
    /// Of one that was given up before its turn nothing is said.
    func find(_ message: OutgoingMessage, _ done: @escaping (Answer?) -> Void) {
        places.enter(for: message.sender.user, while: { !message.isSettled }) { [self] in
            let patience = max(min(message.patience(at: loop.now), Self.questionMilliseconds), 1)
            loop.spawn {
                let answer = try? await self.find(message, withinMilliseconds: patience)
                self.places.leave()
                done(answer)
            }
        }
    }

    private func find(
        _ message: OutgoingMessage, withinMilliseconds bound: Int
    ) async throws(BusError) -> Answer {
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
