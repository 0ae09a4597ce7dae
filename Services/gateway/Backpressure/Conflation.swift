import Schema
import Web

/// Ephemeral frames that a slow reader has no room for: of each thing only the newest word counts.
///
/// Pure. Bounded in number: beyond it the oldest word is lost, as all of them would be for somebody who was not there.
struct Conflation {
    /// What a frame is the latest word on.
    struct Topic: Hashable {
        enum Kind {
            /// Whether somebody is typing.
            case typing
            /// Whether somebody is in the room.
            case attendance
            case presence
            case receipt
            case unread
        }

        let kind: Kind
        let room: RoomID?
        let user: UserHandle?

        /// The topic of an ephemeral envelope; nil for what stands for itself.
        init?(_ head: EnvelopeHead) {
            switch head.type {
            case .userTyping, .userStoppedTyping: kind = .typing
            case .userJoined, .userLeft: kind = .attendance
            case .presence: kind = .presence
            case .readReceipt: kind = .receipt
            case .unread: kind = .unread
            default: return nil
            }
            (room, user) = (head.room, head.user)
        }
    }

    private var frames: [Topic: MessageFrame] = [:]
    /// By age of the first word on each.
    private var order: [Topic] = []
    private let limit: Int

    init(limit: Int = 256) { self.limit = limit }

    var isEmpty: Bool { order.isEmpty }

    /// Keeps a frame instead of the one before it on its topic; returns how many frames nobody will see therefore.
    mutating func keep(_ frame: MessageFrame, on topic: Topic) -> Int {
        if frames.updateValue(frame, forKey: topic) != nil { return 1 }
        order.append(topic)
        guard order.count > limit else { return 0 }
        frames[order.removeFirst()] = nil
        return 1
    }

    /// The latest words, in order.
    mutating func takeAll() -> [MessageFrame] {
        defer { self = Conflation(limit: limit) }
        return order.compactMap { frames[$0] }
    }
}
