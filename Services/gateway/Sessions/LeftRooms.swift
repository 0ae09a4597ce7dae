import Schema

/// How far a connection was given the rooms that it does not follow any more: it gets none of that again.
///
/// Pure. Bounded: beyond that all is forgotten, and what was said before does not count as news.
struct LeftRooms {
    /// The highest seq of each that was given.
    private var had: [RoomID: Int64] = [:]
    /// What was said before this is not looked for, in milliseconds of Redis' clock: when the connection came, mostly.
    private var since: Int64

    /// How many are remembered.
    static let most = 200

    init(since: Int64) { self.since = since }

    /// The room is not followed any more, `now` by Redis' clock; all up to the seq was given.
    mutating func note(_ room: RoomID, upTo seq: Int64, at now: Int64) {
        if had[room] == nil, had.count >= Self.most {
            had = [:]
            since = max(since, now)
        }
        had[room] = max(had[room] ?? 0, seq)
    }

    /// Whether a message was given already, or passed over.
    func hasHad(_ position: LogPosition, of room: RoomID) -> Bool { position.seq <= had[room] ?? 0 }

    /// Looks for the first message that is to be given to one who was told of this one.
    func lookBack(from told: LogPosition, of room: RoomID) -> LookBack {
        LookBack(from: told, above: had[room] ?? 0, since: since)
    }

    /// The place after which to follow a room so that this message is the first, or the first that was not given.
    func place(before first: LogPosition, of room: RoomID) -> LogPosition {
        LogPosition(epoch: first.epoch, seq: max(first.seq &- 1, had[room] ?? 0))
    }
}
