public import Schema

/// A handle that the test knows to be one.
public func handle(_ text: String) -> UserHandle {
    guard let handle = UserHandle(text) else { preconditionFailure("no handle: \(text)") }
    return handle
}

/// A room that the test knows to be one.
public func room(_ text: String) -> RoomID {
    guard let room = RoomID(text) else { preconditionFailure("no room: \(text)") }
    return room
}

extension UserHandle {
    /// Whom most dialogues begin with.
    public static let alice = handle("alice")
    /// Whom alice talks to.
    public static let bob = handle("bob")
}

extension RoomID {
    /// Where they talk.
    public static let general = room("general")
}
