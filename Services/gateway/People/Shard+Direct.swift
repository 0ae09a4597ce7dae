import Bus
import Engine
import Schema

/// What a user is told of rooms that their connections have not joined.
extension Shard {
    /// A direct message has its place: these connections of one of its two get it, and what follows.
    func direct(_ sessions: [Session], _ id: RoomID, _ position: LogPosition) {
        for session in sessions {
            guard !session.joined.contains(id) else {
                // Who is in the room has it from there, and who is on the way in, if they get there.
                if rooms[id]?.has(session) != true { session.uninvited.postpone(id, from: position) }
                continue
            }
            guard let identity = session.state.identity, identity.mayEnter(id), id.admits(identity.user)
            else {
                continue
            }
            let isNew = !session.uninvited.contains(id)
            if let quiet = session.uninvited.insert(id) { rooms.remove(session, from: quiet) }
            guard isNew else { continue }
            loop.spawn { await self.follow(id, session, from: position) }
        }
    }

    /// A message could not be archived: who waits for that hears it as the answer, their other connections by the way.
    func dead(_ sessions: [Session], _ letter: DeadLetter) {
        let told = stored.heard(of: letter)
        for session in sessions where !told.contains(where: { $0 === session }) {
            session.send(letter.error, room: letter.room)
        }
    }

    private func follow(_ id: RoomID, _ session: Session, from position: LogPosition) async {
        let room = rooms.hold(id)
        defer { rooms.release(room) }
        // Nobody waits for an answer: as long as the connection lasts, Redis may be away.
        while session.uninvited.contains(id) {
            let isSubscribed = await room.awaitSubscription()
            guard !session.joined.contains(id) else {
                session.uninvited.remove(id)
                if !room.has(session) { session.uninvited.postpone(id, from: position) }
                return
            }
            guard isSubscribed, session.uninvited.contains(id) else { continue }
            // It may have given way to others, and come back, meanwhile.
            guard !room.has(session) else { return }
            // The two of a direct room are its members in every version of its list.
            let before = LogPosition(epoch: position.epoch, seq: position.seq &- 1)
            return room.enter(session, mv: .max, at: before, with: .unread)
        }
    }
}
