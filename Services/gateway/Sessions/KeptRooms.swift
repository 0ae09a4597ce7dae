import Bus
import Schema

/// What a login session's rooms in Redis come to for somebody who arrives.
///
/// Pure.
struct KeptRooms: Equatable {
    /// Those that may be entered, by name: as many as one connection may join, the last joined of them.
    var rooms: [RoomID]
    /// What need not be kept: older ones beyond that, and what is no room.
    var surplus: [String]

    /// Sorts out what was found: names of rooms, and when each was joined.
    ///
    /// What the token may not enter another one of the same session may: it is kept, and not told.
    init(_ found: [(name: String, joined: Int64)], for identity: Identity, limit: Int) {
        var rooms: [(room: RoomID, joined: Int64)] = []
        surplus = []
        for (name, joined) in found {
            guard let room = RoomID(name), room.admits(identity.user) else {
                surplus.append(name)
                continue
            }
            if identity.mayEnter(room) { rooms.append((room, joined)) }
        }
        rooms.sort { ($1.joined, $0.room.text) < ($0.joined, $1.room.text) }
        surplus += rooms.dropFirst(limit).map(\.room.text)
        self.rooms = rooms.prefix(limit).map(\.room).sorted { $0.text < $1.text }
    }
}
