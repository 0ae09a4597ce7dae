import Engine
import Schema

extension Session {
    /// `leave_room`: ends the live room on this connection; membership stays.
    func leave(_ room: RoomID, replyTo: ReplyID?) {
        forget(room, wasLost: false)
        dropRoom(room)
        send(Left(), replyTo: replyTo, room: room, user: user)
    }

    /// Ends a room of this connection, whoever wishes it.
    func forget(_ room: RoomID, wasLost: Bool) {
        endTyping(in: room)
        uninvited.remove(room)
        joined.remove(room)
        unfollow(room)
        absent(from: room, wasLost: wasLost)
    }

    /// Ends what a room gives to this connection; of a direct one it is remembered how far that was.
    func unfollow(_ room: RoomID) {
        if room.isDirect, let place = shard.rooms[room]?.place(of: self) {
            left.note(room, upTo: place.seq, at: shard.sender.redisTime)
        }
        shard.rooms.remove(self, from: room)
    }

    /// Takes back that it is in the room, if that has been stated.
    func absent(from room: RoomID, wasLost: Bool = false) {
        guard present.remove(room), let user else { return }
        shard.presence.left(room, user, wasLost: wasLost)
    }

    /// Auth has decided that this user may not be in the room any more.
    func evicted(from room: RoomID, _ reason: Left.Reason) {
        let wasJoined = joined.remove(room)
        let wasUninvited = uninvited.remove(room)
        endTyping(in: room)
        guard wasJoined || wasUninvited, let user else { return }
        absent(from: room)
        dropRoom(room)
        send(Left(reason), room: room, user: user)
        if room == defaultRoom { close(.roomDenied) }
    }
}
