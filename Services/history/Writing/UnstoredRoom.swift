import Redis
import Schema

/// A room of which the archive lacks something, as Redis tells.
struct UnstoredRoom: Sendable, Hashable {
    let room: RoomID
    /// The newest seq that is settled.
    let stored: Int64
    /// How many seqs are not settled, as far as the room remembers who was given them: some at least where any is, and any
    /// number where that cannot be read, and only the log itself can tell.
    let missing: Int64

    /// Asks for what `init(_:of:)` reads.
    static func question(_ room: RoomID) -> [RedisArgument] {
        ["HMGET", .text(Keys.room(room)), "stored", "seq", "first", "epochs"]
    }

    /// Reads the answer, for who has read the log up to a seq already, and does not have to read that again.
    ///
    /// A room whose hash is of another type is no reason to let its messages lie.
    init(
        _ answer: Result<RedisReply, RedisError>, of room: RoomID, readTo: Int64? = nil
    ) throws(RedisError) {
        if case .failure(let error) = answer, error.code != "WRONGTYPE" { throw error }
        let reply = try? answer.get()
        let stored = max(UnstoredRoom.seq(reply?[0].int) ?? 0, readTo ?? 0)
        let newest = UnstoredRoom.seq(reply?[1].int)
        let first = UnstoredRoom.seq(reply?[2].int) ?? 0
        let missing = newest.map { newest in
            // Between two epochs lie thousands of millions that were given to nobody.
            let former = first > stored + 1 ? UnstoredRoom.given(above: stored, in: reply?[3].text ?? "") : 0
            let present = newest - max(first - 1, stored)
            return newest > stored ? max(former + max(present, 0), 1) : 0
        }
        self.init(room: room, stored: stored, missing: missing ?? .max)
    }

    init(room: RoomID, stored: Int64, missing: Int64) {
        self.room = room
        self.stored = stored
        self.missing = missing
    }

    private static func seq(_ number: Int64?) -> Int64? {
        number.flatMap { LogPosition.isPossible($0) ? $0 : nil }
    }

    /// How many seqs above this one were given in epochs that have ended: `epoch:first:last`, separated by spaces.
    private static func given(above stored: Int64, in epochs: String) -> Int64 {
        epochs.split(separator: " ").reduce(0) { sum, epoch in
            let parts = epoch.split(separator: ":").dropFirst().map { seq(Int64($0)) ?? 0 }
            guard parts.count == 2 else { return sum }
            let count = max(parts[1] - max(parts[0] - 1, stored), 0)
            return min(sum + count, LogPosition.maxClaimedSeq)
        }
    }
}

/// A stretch of a room's log that is read at a time.
struct UnstoredStretch: Sendable, Hashable {
    let room: RoomID
    /// What stands at or below is settled.
    let above: Int64
    /// The most entries to read; none where all of the room is settled, which is still to be said.
    let count: Int

    /// What to read of a room, perhaps only a part of it, where so many more entries may be read in all.
    ///
    /// Nil where it has to wait: what is behind it waits too.
    static func next(_ room: UnstoredRoom, _ left: inout Int) -> UnstoredStretch? {
        let count = Int(clamping: min(room.missing, Int64(max(left, 0))))
        guard count > 0 || room.missing == 0 else {
            left = 0
            return nil
        }
        left -= count
        return UnstoredStretch(room: room.room, above: room.stored, count: count)
    }
}
