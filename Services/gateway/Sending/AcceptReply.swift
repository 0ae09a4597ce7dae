import Redis
import Schema

/// What `room_accept` or `room_seen` answered.
enum AcceptReply {
    case placed(MessageID, LogPosition, isDuplicate: Bool, stored: Int64)
    /// The key has not been accepted as far as Redis remembers (`room_seen`).
    case unseen(SeenMemory)
    /// Auth must load the room first.
    case unloaded
    /// The id is of another time than Redis' own, which is this one.
    case clock(Int64)
    /// The call came too late by Redis' clock, which says this.
    case late(Int64)
    /// One before it in the same call is to be tried again, and comes first.
    case after
    case refused(ErrorCode)

    /// Reads what was answered to a message that was tried under this id.
    init?(_ reply: RedisReply, to id: MessageID) {
        guard case .bulk = reply else {
            self.init(reply)
            return
        }
        // Where nothing else is to be told, its place alone; and what was accepted just now nobody has stored.
        guard let position = Self.position(reply) else { return nil }
        self = .placed(id, position, isDuplicate: false, stored: 0)
    }

    /// Reads what was answered of a message's key.
    init?(_ reply: RedisReply) {
        let word = reply[0].text
        switch word {
        case "ok", "duplicate":
            guard let position = Self.position(reply[1]), let stored = reply[2].int,
                let id = reply[3].bytes.flatMap({ MessageID(bytes: $0) })
            else { return nil }
            self = .placed(id, position, isDuplicate: word == "duplicate", stored: stored)
        case "unseen":
            guard let since = reply[1].int, let oldest = reply[2].bytes else { return nil }
            self = .unseen(SeenMemory(since: since, oldestUnstored: oldest))
        case "unloaded": self = .unloaded
        case "clock":
            guard let time = reply[1].int else { return nil }
            self = .clock(time)
        case "late":
            guard let time = reply[1].int else { return nil }
            self = .late(time)
        case "after": self = .after
        case "denied": self = .refused(.roomDenied)
        case "muted": self = .refused(.muted)
        case "forbidden": self = .refused(.forbidden)
        case "conflict": self = .refused(.idempotencyConflict)
        case "overloaded": self = .refused(.overloaded)
        default: return nil
        }
    }

    /// Whether the key has been accepted: of this message, or of another.
    var isKeyTaken: Bool {
        switch self {
        case .placed, .refused(.idempotencyConflict): true
        default: false
        }
    }

    private static func position(_ reply: RedisReply) -> LogPosition? {
        // As far as that no log comes.
        guard let position = reply.text.flatMap({ LogPosition(parsing: $0) }),
            position.seq < LogPosition.maxClaimedSeq
        else { return nil }
        return position
    }
}
