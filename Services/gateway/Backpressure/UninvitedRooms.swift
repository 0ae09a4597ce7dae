import Schema

/// The rooms that a connection follows because of direct messages, of which it has asked for none.
///
/// Pure. Bounded: strangers must not be able to make a connection follow more and more. The one in which nothing has
/// been said for longest gives way; the next message there brings it back, from its place in the log.
struct UninvitedRooms: Sequence {
    /// The most recent last.
    private var rooms: [RoomID] = []
    /// The rooms into which it is on its way, and of which first message it was told meanwhile: from there on a room is
    /// followed, where it is being joined should that fail.
    private var postponed: [RoomID: LogPosition] = [:]
    private let limit: Int

    init(limit: Int = 200) { self.limit = limit }

    func contains(_ room: RoomID) -> Bool { rooms.contains(room) }

    func makeIterator() -> IndexingIterator<[RoomID]> { rooms.makeIterator() }

    /// Adds a room, or notes that something was said there; returns the one that gives way to it.
    mutating func insert(_ room: RoomID) -> RoomID? {
        drop(room)
        rooms.append(room)
        guard rooms.count > limit, let quiet = rooms.first else { return nil }
        remove(quiet)
        return quiet
    }

    /// Says whether it was there.
    @discardableResult
    mutating func remove(_ room: RoomID) -> Bool {
        takePostponed(room)
        return drop(room)
    }

    @discardableResult
    private mutating func drop(_ room: RoomID) -> Bool {
        guard let index = rooms.lastIndex(of: room) else { return false }
        rooms.remove(at: index)
        return true
    }

    /// A message came while the connection is on its way into the room, which gives it as well, unless the join fails.
    ///
    /// As many as are being joined at once, and some of those that are followed.
    mutating func postpone(_ room: RoomID, from position: LogPosition) {
        if let first = postponed[room], first.seq <= position.seq { return }
        postponed[room] = position
    }

    /// The way has ended: says what came first meanwhile, nil for nothing.
    @discardableResult
    mutating func takePostponed(_ room: RoomID) -> LogPosition? {
        guard let position = postponed.removeValue(forKey: room) else { return nil }
        // An emptied dictionary keeps its memory.
        if postponed.isEmpty { postponed = [:] }
        return position
    }
}
