import Bus
import Schema

/// What the room of `/ws/{room}` is to somebody, asked for in the same breath as what else must be known of them.
///
/// The answers come together, and so `connected` and `joined` leave by one write. It counts only for the subscription
/// under which it was asked for: what comes after it has been heard there.
final class EarlyStanding {
    private let room: LocalRoom
    private let confirmation: Int
    private let inquiry: RoomInquiry

    /// Asks about the room of an arrival, where it is followed here already.
    convenience init?(of identity: Identity, in arrival: Arrival?, _ shard: Shard) {
        guard case .join(let join) = arrival?.room, identity.mayEnter(join.room),
            let room = shard.rooms[join.room]
        else { return nil }
        self.init(of: identity.user, in: room, shard.directory)
    }

    /// Asks, where the room is heard.
    init?(of user: UserHandle, in room: LocalRoom, _ directory: RoomDirectory) {
        guard let confirmation = room.confirmation else { return nil }
        self.room = room
        self.confirmation = confirmation
        inquiry = directory.inquire(about: user, in: room.id, known: room.knownSeq)
    }

    /// The answer; nil where the room has to be asked for it now.
    func standing(in room: LocalRoom) async -> RoomStanding? {
        guard room === self.room, room.confirmation == confirmation else { return nil }
        return await inquiry.standing
    }
}
