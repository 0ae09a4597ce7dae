import Schema
import Web

/// What the address of a WebSocket request asks for.
struct Arrival {
    /// The room of `/ws/{room}`; nil on `/ws`.
    let room: RoomRequest?

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
        if request.path == "/ws" || request.path == "/ws/" {
            room = nil
            return
        }
        guard request.path.hasPrefix("/ws/") else { return nil }
        room = Arrival.room(String(request.path.dropFirst(4)), request)
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
