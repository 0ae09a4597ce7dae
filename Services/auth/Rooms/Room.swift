import Schema

/// Who may see and enter a room.
enum Visibility: String, Sendable, Codable { case `public`, `private`, direct }

/// What a member may do in a room.
enum RoomRole: String, Sendable, Codable { case owner, moderator, member, guest }

/// A room as one user sees it.
struct RoomView: Hashable, Sendable, Encodable {
    let id: String
    let name: String
    let visibility: Visibility
    let created: Int64
    let members: Int64
    let role: RoomRole?

    private enum CodingKeys: String, CodingKey {
        case id, name, visibility, members, role
        case created = "created_ts"
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(id, forKey: .id)
        try object.encode(name, forKey: .name)
        try object.encode(visibility, forKey: .visibility)
        try object.encode(created, forKey: .created)
        try object.encode(members, forKey: .members)
        // `null` is said, not left out.
        try object.encode(role, forKey: .role)
    }
}

/// A member as others see them.
struct MemberView: Hashable, Sendable, Encodable {
    let user: String
    let name: String
    let role: RoomRole
}

/// A room whole, as Redis is told.
struct RoomState: Sendable {
    var version: Int64
    var visibility: Visibility
    var policy: String
    var isOpened: Bool
    var members: [(user: String, role: String)]
}
