import Redis
import Schema

/// One entry of a room's log in Redis, as it was read.
struct LogEntry: Sendable, Hashable {
    /// Where an entry stands: its stream is the room's, its number in it the seq.
    struct ID: Sendable, Hashable, CustomStringConvertible {
        let room: RoomID
        let seq: Int64

        var description: String { "\(room):\(seq)" }
    }

    let id: ID
    /// Empty where the entry has none.
    let envelope: [UInt8]
}

extension LogEntry {
    /// Reads an element of the answer to `XRANGE`; nil where its id is no seq, which only somebody's hand has put there.
    init?(_ reply: RedisReply, of room: RoomID) {
        guard let seq = reply[0].streamID.flatMap({ Int64(exactly: $0.milliseconds) }), seq > 0,
            LogPosition.isPossible(seq)
        else { return nil }
        self.init(id: ID(room: room, seq: seq), envelope: reply[1]["e"].bytes ?? [])
    }
}
