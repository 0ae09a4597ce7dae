import Redis
import Schema

/// A room of which the archive lacks something, as Redis tells.
struct UnstoredRoom: Sendable, Hashable {
    let room: RoomID
    /// The newest seq that is settled.
    let stored: Int64
    /// The newest seq that was given; nil where that cannot be read, and only the log itself can tell.
    let newest: Int64?

    /// Asks for what `init(_:of:)` reads.
    static func question(_ room: RoomID) -> [RedisArgument] {
        ["HMGET", .text(Keys.room(room)), "stored", "seq"]
    }

    /// Reads the answer.
    ///
    /// A room whose hash is of another type is no reason to let its messages lie.
    init(_ answer: Result<RedisReply, RedisError>, of room: RoomID) throws(RedisError) {
        if case .failure(let error) = answer, error.code != "WRONGTYPE" { throw error }
        let reply = try? answer.get()
        self.init(
            room: room, stored: UnstoredRoom.seq(reply?[0]) ?? 0, newest: UnstoredRoom.seq(reply?[1]))
    }

    init(room: RoomID, stored: Int64, newest: Int64?) {
        self.room = room
        self.stored = stored
        self.newest = newest
    }

    private static func seq(_ reply: RedisReply?) -> Int64? {
        reply?.int.flatMap { LogPosition.isPossible($0) ? $0 : nil }
    }

    /// How many seqs are not settled: more than there are entries where an epoch began in between.
    var missing: Int64 { newest.map { max($0 - stored, 0) } ?? .max }
}

/// A stretch of a room's log that is read at a time.
struct UnstoredStretch: Sendable, Hashable {
    let room: RoomID
    /// What stands at or below is settled.
    let above: Int64
    /// The most entries to read; none where all of the room is settled, which is still to be said.
    let count: Int

    /// What to read of rooms in this order, so many entries in all; of the last one perhaps only a part.
    static func plan(_ rooms: [UnstoredRoom], most: Int) -> [UnstoredStretch] {
        var left = most
        var stretches: [UnstoredStretch] = []
        for room in rooms {
            let count = Int(clamping: min(room.missing, Int64(left)))
            guard count > 0 || room.missing == 0 else { break }
            left -= count
            stretches.append(UnstoredStretch(room: room.room, above: room.stored, count: count))
        }
        return stretches
    }
}
