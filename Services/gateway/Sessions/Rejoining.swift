import Bus
import Schema

extension Session {
    /// Joins the rooms that its login session had, where `/ws?rejoin=true` asks for that.
    func rejoin(_ rooms: [RoomID]) {
        switch arrival?.rejoin {
        case nil: break
        case .invalid(let field): fail(.invalidField, field: field, replyTo: nil)
        case .all(let recent):
            for room in rooms {
                let join = JoinRoom(room: room, recent: recent)
                inTurn(room, replyTo: nil) { await self.join(join, replyTo: nil) }
            }
        }
    }

    /// Has rooms it is in kept for when it comes back.
    func keepRooms(_ rooms: some Sequence<RoomID>) {
        if let identity = state.identity { shard.sessionRooms.keep(rooms, of: identity) }
    }

    /// The room is not one to come back to.
    func dropRoom(_ room: RoomID) {
        if let identity = state.identity { shard.sessionRooms.drop(room, of: identity) }
    }
}
