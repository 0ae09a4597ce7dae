import Bus
import Schema

/// Who of those who wish to enter open rooms becomes a member of which, and what each is answered.
///
/// Pure. What it is given must not change until its changes are written.
struct JoinBatch {
    struct Request: Hashable, Sendable {
        let room: RoomID
        let user: UserHandle
    }

    /// A room that is asked for, as it stands.
    struct Room {
        let visibility: Visibility
        let mv: Int64
    }

    /// What somebody is to a room that they ask for.
    struct Standing {
        /// The role there; nil: not a member.
        let role: RoomRole?
        let hasAccount: Bool
    }

    /// What became of one.
    enum Outcome: Equatable {
        /// Nothing had to be changed.
        case member(RoomRole)
        /// A member from now on; `mv` is the version of the list when all of this batch are in it.
        case joined(mv: Int64)
        case refused(ErrorCode)
    }

    /// One for each request, in their order.
    private(set) var outcomes: [Outcome] = []
    /// Who becomes a member, those of a room in the order of its versions.
    private(set) var changes: [ControlEvent.MemberChange] = []
    /// The version that each changed room gets.
    private(set) var versions: [RoomID: Int64] = [:]

    /// Decides; a room that `rooms` lacks is none, and `standings` has one for each request.
    init(_ requests: [Request], rooms: [RoomID: Room], standings: [Request: Standing]) {
        var joining: Set<Request> = []
        for request in requests {
            guard let room = rooms[request.room] else { continue }
            guard Self.refusal(of: standings[request], room) == nil, standings[request]?.role == nil,
                joining.insert(request).inserted
            else { continue }
            let mv = (versions[request.room] ?? room.mv) &+ 1
            versions[request.room] = mv
            changes.append(
                ControlEvent.MemberChange(
                    room: request.room, user: request.user, role: RoomRole.member.rawValue, mv: mv))
        }
        outcomes = requests.map { request in
            guard let room = rooms[request.room] else { return .refused(.roomDenied) }
            if let role = standings[request]?.role { return .member(role) }
            if let code = Self.refusal(of: standings[request], room) { return .refused(code) }
            return .joined(mv: versions[request.room] ?? room.mv)
        }
    }

    /// Why one who is no member cannot become one.
    private static func refusal(of standing: Standing?, _ room: Room) -> ErrorCode? {
        guard room.visibility == .public else { return .roomDenied }
        return standing?.hasAccount == true ? nil : .userNotFound
    }
}
