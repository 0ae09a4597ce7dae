import Redis
import Schema

/// How a send ended.
enum SendOutcome {
    /// It has its place; `stored` is the newest seq of the room that is in the archive.
    case accepted(MessageID, LogPosition, isDuplicate: Bool, stored: Int64)
    case limited(used: Int, most: Int, retryAfterMilliseconds: Int64)
    case refused(ErrorCode)
}

/// What `room_accept` or `room_seen` answered.
enum AcceptReply {
    case placed(MessageID, LogPosition, isDuplicate: Bool, stored: Int64)
    /// The key has not been accepted before (`room_seen`).
    case unseen
    /// Auth must load the room first.
    case unloaded
    /// Our clock is off; this is Redis' time.
    case clock(Int64)
    case refused(ErrorCode)

    init?(_ reply: RedisReply) {
        switch reply[0].text {
        case "ok", "duplicate":
            guard let epoch = reply[1].text, let seq = reply[2].int,
                let id = reply[3].bytes.flatMap({ MessageID(bytes: $0) }), let stored = reply[4].int
            else { return nil }
            self = .placed(
                id, LogPosition(epoch: epoch, seq: seq), isDuplicate: reply[0].text == "duplicate",
                stored: stored)
        case "unseen": self = .unseen
        case "unloaded": self = .unloaded
        case "clock":
            guard let time = reply[1].int else { return nil }
            self = .clock(time)
        case "late": self = .refused(.timeout)
        case "denied": self = .refused(.roomDenied)
        case "muted": self = .refused(.muted)
        case "forbidden": self = .refused(.forbidden)
        case "conflict": self = .refused(.idempotencyConflict)
        case "overloaded": self = .refused(.overloaded)
        default: return nil
        }
    }
}
