import Bus
import Engine
import Hosting
import Redis
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
            guard !session.left.hasHad(position, of: id) else { continue }
            let isNew = !session.uninvited.contains(id)
            if let quiet = session.uninvited.insert(id) { session.unfollow(quiet) }
            guard isNew else {
                // Notices of several senders come in any order.
                if rooms[id]?.has(session) != true { session.uninvited.postpone(id, from: position) }
                continue
            }
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
        var found: LogPosition?
        while session.uninvited.contains(id) {
            if found == nil { found = await first(in: room, for: session, toldOf: position) }
            let isSubscribed = await room.awaitSubscription()
            guard !session.joined.contains(id) else {
                let first = min(found ?? position, session.uninvited.takePostponed(id) ?? position)
                session.uninvited.remove(id)
                if !room.has(session) { session.uninvited.postpone(id, from: first) }
                return
            }
            guard isSubscribed, session.uninvited.contains(id), let found else { continue }
            // It may have given way to others, and come back, meanwhile.
            guard !room.has(session) else { return }
            let first = min(found, session.uninvited.takePostponed(id) ?? found)
            // The two of a direct room are its members in every version of its list.
            return room.enter(
                session, mv: .max, at: session.left.place(before: first, of: id), with: .unread)
        }
    }

    /// The place of the first message to be given to one who was told of this one, and may not be told of those before
    /// it until later; nil where it was not found out, as the room is being joined.
    private func first(
        in room: LocalRoom, for session: Session, toldOf position: LogPosition
    ) async -> LogPosition? {
        let lookBack = session.left.lookBack(from: position, of: room.id)
        while session.uninvited.contains(room.id), !session.joined.contains(room.id) {
            do throws(RedisError) {
                return try await room.reader.look(lookBack)
            } catch {
                log.debug("log not looked at yet", .room(room.id.text), .error(error))
            }
            await loop.sleep(milliseconds: RoomServices.retryMilliseconds)
        }
        return nil
    }
}
