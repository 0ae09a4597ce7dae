import Bus
import Schema

/// Changes of one room's member list that follow each other without a gap, as Redis takes them.
///
/// Pure.
struct MemberStretch: Equatable {
    let room: RoomID
    /// The version with the first of them; each further one is the next.
    let first: Int64
    private(set) var members: [Member]

    struct Member: Equatable {
        let user: UserHandle
        /// Nil: not a member any more.
        let role: String?
    }

    /// All changes, those of a room in their order.
    static func all(of changes: [ControlEvent.MemberChange]) -> [MemberStretch] {
        var stretches: [MemberStretch] = []
        /// The newest stretch of each room.
        var places: [RoomID: Int] = [:]
        for change in changes {
            let member = Member(user: change.user, role: change.role)
            if let place = places[change.room], stretches[place].next == change.mv {
                stretches[place].members.append(member)
            } else {
                places[change.room] = stretches.count
                stretches.append(MemberStretch(room: change.room, first: change.mv, members: [member]))
            }
        }
        return stretches
    }

    private var next: Int64 { first &+ Int64(members.count) }
}
