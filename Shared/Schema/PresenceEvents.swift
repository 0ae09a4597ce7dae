// What `data` holds for who is there (protocol, 4.2 and 4.5).

/// The words for being there.
public enum PresenceStatus: String, Hashable, Sendable, Codable, CaseIterable {
    case online, away, dnd, offline
}

/// One person's state, as others may see it; REST answers and the stored copy hold the same object.
public struct PresenceEntry: Hashable, Sendable, Codable {
    /// Who.
    public var user: UserHandle
    /// Whether they are there.
    public var status: PresenceStatus
    /// When they were last there, in milliseconds since 1970; nil while online, or where that is nobody's business.
    public var lastSeen: Int64?
    /// What they say of it.
    public var text: String?

    private enum CodingKeys: String, CodingKey {
        case user, status
        case lastSeen = "last_seen"
        case text
    }

    /// Takes the parts.
    public init(_ user: UserHandle, _ status: PresenceStatus, lastSeen: Int64? = nil, text: String? = nil) {
        self.user = user
        self.status = status
        self.lastSeen = lastSeen
        self.text = text
    }

    /// Writes the whole object's members: in a list, in a REST answer, in the stored copy.
    public func write(to object: inout JSONWriter) {
        object.member("user", user)
        writeState(to: &object)
    }

    fileprivate func writeState(to object: inout JSONWriter) {
        object.member("status", status.rawValue)
        object.member("last_seen", lastSeen)
        object.member("text", text)
    }
}

/// `presence`: somebody's state has changed; the user stands beside `type`.
public struct PresenceChange: Payload, Hashable {
    /// The new state.
    public var entry: PresenceEntry

    /// Takes the new state.
    public init(_ entry: PresenceEntry) {
        self.entry = entry
    }

    /// The type.
    public var type: EventType { .presence }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        entry.writeState(to: &data)
    }
}

/// `presence_list`: the people asked for, or those of a room who are not offline.
public struct PresenceList: Payload, Hashable {
    /// The people.
    public var users: [PresenceEntry]
    /// How many are online.
    public var online: Int
    /// Whether the list holds all of them.
    public var isComplete: Bool

    /// Takes the list.
    public init(users: [PresenceEntry], online: Int, isComplete: Bool) {
        self.users = users
        self.online = online
        self.isComplete = isComplete
    }

    /// The type.
    public var type: EventType { .presenceList }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.array("users") { list in users.forEach { entry in list.object { entry.write(to: &$0) } } }
        data.member("online", online)
        data.member("complete", isComplete)
    }
}
