public import Schema

/// What all processes must hear of: an entry of `control:log` (see Bus.md).
public enum ControlEvent: Sendable, Hashable {
    /// The public keys have changed.
    case keys
    /// Tokens are no longer good.
    case revoked(Revocation)
    /// Member lists have changed, each in the order of its changes.
    case members([MemberChange])
    /// A room has changed.
    case room(RoomChange)
    /// The rate-limit policies have changed.
    case limits
    /// Redis had lost what was loaded from it, or stated to it, before: auth has written its part anew.
    case reload

    /// One change of a member list.
    public struct MemberChange: Sendable, Hashable {
        /// The room.
        public var room: RoomID
        /// The member.
        public var user: UserHandle
        /// The new role; nil: not a member any more.
        public var role: String?
        /// The version of the member list with this change.
        public var mv: Int64
        /// Why a member left who did not wish to.
        public var reason: Left.Reason?

        /// Takes the parts.
        public init(room: RoomID, user: UserHandle, role: String?, mv: Int64, reason: Left.Reason? = nil) {
            self.room = room
            self.user = user
            self.role = role
            self.mv = mv
            self.reason = reason
        }
    }

    /// A change of a room itself.
    public struct RoomChange: Sendable, Hashable {
        /// The room.
        public var room: RoomID
        /// Whether it is gone.
        public var isDeleted: Bool

        /// Takes the parts.
        public init(room: RoomID, isDeleted: Bool) {
            self.room = room
            self.isDeleted = isDeleted
        }
    }
}

// MARK: - On the stream

extension ControlEvent {
    /// All that `type` may be.
    public static let types = ["keys", "revoked", "member", "members", "room", "limits", "reload"]

    /// The `type` of the entry.
    public var type: String {
        switch self {
        case .keys: "keys"
        case .revoked: "revoked"
        case .members(let changes): changes.count == 1 ? "member" : "members"
        case .room: "room"
        case .limits: "limits"
        case .reload: "reload"
        }
    }

    /// How many changes of members an entry holds at most; so its data has 2 KiB at most, whatever they are.
    static let mostChanges = 10

    /// What goes into an entry each.
    var parts: [ControlEvent] {
        guard case .members(let changes) = self else { return [self] }
        return stride(from: 0, to: changes.count, by: Self.mostChanges).map {
            .members(Array(changes[$0..<min($0 + Self.mostChanges, changes.count)]))
        }
    }

    /// The `data` of the entry.
    public var data: JSONValue {
        switch self {
        case .keys, .limits, .reload: [:]
        case .revoked(let revocation): revocation.json
        case .members(let changes):
            changes.count == 1 ? changes[0].json : ["changes": .array(changes.map(\.json))]
        case .room(let change): ["room": .string(change.room.text), "deleted": .bool(change.isDeleted)]
        }
    }

    /// Reads an entry; nil for one of another version.
    public init?(type: String, data: JSONValue) {
        switch type {
        case "keys": self = .keys
        case "limits": self = .limits
        case "reload": self = .reload
        case "revoked":
            guard let revocation = Revocation(data) else { return nil }
            self = .revoked(revocation)
        case "member":
            guard let change = MemberChange(data) else { return nil }
            self = .members([change])
        case "members":
            guard let changes = data["changes"]?.array else { return nil }
            self = .members(changes.compactMap(MemberChange.init))
        case "room":
            guard let room = data["room"]?.text.flatMap(RoomID.init) else { return nil }
            self = .room(RoomChange(room: room, isDeleted: data["deleted"]?.bool ?? false))
        default: return nil
        }
    }
}

extension ControlEvent.MemberChange {
    fileprivate var json: JSONValue {
        [
            "room": .string(room.text), "user": .string(user.text),
            "role": role.map(JSONValue.string) ?? .null, "mv": .int(mv),
            "reason": reason.map { .string($0.rawValue) } ?? .null,
        ]
    }

    fileprivate init?(_ data: JSONValue) {
        guard let room = data["room"]?.text.flatMap(RoomID.init),
            let user = data["user"]?.text.flatMap(UserHandle.init), let mv = data["mv"]?.int
        else { return nil }
        let reason = data["reason"]?.text.flatMap(Left.Reason.init(rawValue:))
        self.init(room: room, user: user, role: data["role"]?.text, mv: mv, reason: reason)
    }
}
