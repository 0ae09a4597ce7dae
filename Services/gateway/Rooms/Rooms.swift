import Bus
import Schema

/// The rooms that somebody here follows.
///
/// Belongs to its loop.
final class Rooms {
    /// By partition: those of one are asked for four times a second.
    private var rooms = [[RoomID: LocalRoom]](repeating: [:], count: Partition.count)
    private let makeServices: (Rooms) -> RoomServices
    private lazy var services = makeServices(self)
    /// Called when a member list change has put a user out of a room.
    var onEvicted: ((Session, RoomID, Left.Reason) -> Void)?

    init(services: @escaping (Rooms) -> RoomServices) { makeServices = services }

    var ids: [RoomID] { rooms.flatMap(\.keys) }

    subscript(id: RoomID) -> LocalRoom? { rooms[id.partition.number][id] }

    /// The highest seq of a room that this process has had from Redis; 0 where it follows none.
    func knownSeq(of id: RoomID) -> Int64 { self[id]?.knownSeq ?? 0 }

    /// The room, subscribed to from now on; `release` must follow.
    func hold(_ id: RoomID) -> LocalRoom {
        let room = self[id] ?? open(id)
        room.holds += 1
        return room
    }

    func release(_ room: LocalRoom) {
        room.holds -= 1
        closeIfUnused(room)
    }

    private func open(_ id: RoomID) -> LocalRoom {
        let room = LocalRoom(id, services: services)
        rooms[id.partition.number][id] = room
        room.subscribe()
        return room
    }

    func closeIfUnused(_ room: LocalRoom) {
        guard room.isUnused, self[room.id] === room else { return }
        rooms[room.id.partition.number][room.id] = nil
        room.unsubscribe()
    }

    /// Takes a connection out of a room.
    func remove(_ session: Session, from id: RoomID) {
        guard let room = self[id], room.remove(session) else { return }
        closeIfUnused(room)
    }

    /// The rooms of such channels are heard no more until their subscriptions are confirmed again.
    func subscriptionsLost(_ isConcerned: (String) -> Bool) {
        for room in rooms.lazy.flatMap(\.values) where isConcerned(Keys.roomChannel(room.id)) {
            room.subscriptionLost()
        }
    }

    /// The rooms of a partition in which somebody is.
    func followed(in partition: Partition) -> [LocalRoom] {
        rooms[partition.number].values.filter(\.hasMembers)
    }

    // MARK: What auth has decided

    func hear(_ change: ControlEvent.MemberChange) {
        guard let room = self[change.room] else { return }
        // Who was seen to be a member in a later version of the list has come back since.
        if change.role == nil {
            evict(change.user, from: change.room, change.reason ?? .removed, asOf: change.mv)
        }
        room.heard(mv: change.mv)
    }

    func hear(_ change: ControlEvent.RoomChange) {
        guard change.isDeleted, let room = self[change.room] else { return }
        for session in room.sessions() { evict(session, from: room, .roomDeleted) }
    }

    /// Takes a user's connections out of a room that were seen to be members before this version of its list.
    func evict(_ user: UserHandle, from id: RoomID, _ reason: Left.Reason, asOf mv: Int64) {
        guard let room = self[id] else { return }
        for session in room.sessions(of: user, seenBefore: mv) { evict(session, from: room, reason) }
    }

    private func evict(_ session: Session, from room: LocalRoom, _ reason: Left.Reason) {
        guard room.remove(session) else { return }
        onEvicted?(session, room.id, reason)
        closeIfUnused(room)
    }
}
