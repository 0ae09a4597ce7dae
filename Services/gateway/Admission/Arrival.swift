import Schema
import Web

/// What the address of a WebSocket request asks for: an object, so that who has entered may let go of it.
final class Arrival {
    /// The room of `/ws/{room}`; nil on `/ws`.
    let room: RoomRequest?
    /// What `/ws?rejoin=true` asks for; nil where it does not.
    let rejoin: RejoinRequest?
    /// What the request is part of, and so what is sent over the connection.
    let trace: TraceParent?

    enum RejoinRequest: Equatable {
        /// All rooms of the login session, with so many of the newest envelopes each.
        case all(recent: Int)
        /// A parameter is malformed or out of range.
        case invalid(field: String)
    }

    enum RoomRequest: Equatable {
        case join(JoinRoom)
        /// No room can have this name.
        case impossible
        /// A parameter is malformed or out of range, as in a frame `join_room`.
        case invalid(RoomID, field: String)

        /// The room that frames may leave out.
        var room: RoomID? {
            switch self {
            case .join(let join): join.room
            case .invalid(let room, _): room
            case .impossible: nil
            }
        }
    }

    /// Reads a path and its query; nil where it is no WebSocket address.
    init?(_ request: Request) {
        trace = request.traceParent
        if request.path == "/ws" || request.path == "/ws/" {
            room = nil
            rejoin = Arrival.rejoin(request)
            return
        }
        guard request.path.hasPrefix("/ws/") else { return nil }
        room = Arrival.room(String(request.path.dropFirst(4)), request)
        rejoin = nil
    }

    private static func rejoin(_ request: Request) -> RejoinRequest? {
        switch request.query("rejoin") {
        case nil, "false": return nil
        case "true": break
        default: return .invalid(field: "rejoin")
        }
        guard let text = request.query("recent") else { return .all(recent: Limits.defaultRecent) }
        guard let recent = Int(text), Limits.recent.contains(recent) else { return .invalid(field: "recent") }
        return .all(recent: recent)
    }

    private static func room(_ name: String, _ request: Request) -> RoomRequest {
        guard let room = RoomID(name) else { return .impossible }
        var join = JoinRoom(room: room)
        if let text = request.query("recent") {
            guard let recent = Int(text), Limits.recent.contains(recent) else {
                return .invalid(room, field: "recent")
            }
            join.recent = recent
        }
        if let text = request.query("since") {
            guard let since = LogPosition(parsing: text) else { return .invalid(room, field: "since") }
            join.since = since
        }
        return .join(join)
    }
}
