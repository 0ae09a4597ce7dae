import Schema

/// The lanes of what one connection sends: one for each room to which something is under way.
///
/// Pure. Nearly everybody talks in one room at a time, again and again: the lane of that one is kept for the next message,
/// and found without a table.
final class SendLanes {
    private var newest: (room: RoomID, lane: SendLane)?
    private var others: [RoomID: SendLane] = [:]

    /// Whether nothing is under way.
    var isEmpty: Bool { others.isEmpty && newest?.lane.isEmpty ?? true }

    /// The lane of a room to which something is to be sent.
    func lane(to room: RoomID) -> SendLane {
        if let newest {
            if newest.room == room { return newest.lane }
            if !newest.lane.isEmpty { others[newest.room] = newest.lane }
        }
        let lane = others.removeValue(forKey: room) ?? SendLane()
        newest = (room, lane)
        return lane
    }

    /// Something that was sent to a room has ended.
    func ended(in room: RoomID) {
        guard !others.isEmpty, others[room]?.isEmpty == true else { return }
        others[room] = nil
    }
}
