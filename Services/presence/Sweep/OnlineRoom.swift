import Schema

/// One who is online in a room by way of a gateway: `room user`, as it stands in that gateway's set.
struct OnlineRoom: Hashable, Sendable {
    let room: RoomID
    let user: UserHandle

    init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let room = RoomID(String(parts[0])), let user = UserHandle(String(parts[1]))
        else { return nil }
        self.room = room
        self.user = user
    }

    /// The envelope that tells the room of it.
    func envelope(_ type: EventType, ts: Int64) -> [UInt8] {
        ServerFrame.bytes(type, room: room, user: user, ts: ts)
    }
}
