/// Every `type` on the wire, in both directions.
public enum EventType: String, Hashable, Sendable, Codable, CaseIterable {
    // Client to server (protocol, 4.1).
    case authenticate
    case joinRoom = "join_room"
    case leaveRoom = "leave_room"
    case sendMessage = "send_message"
    case editMessage = "edit_message"
    case deleteMessage = "delete_message"
    case addReaction = "add_reaction"
    case removeReaction = "remove_reaction"
    case markRead = "mark_read"
    case typingStart = "typing_start"
    case typingStop = "typing_stop"
    case setStatus = "set_status"
    case getPresence = "get_presence"
    case getHistory = "get_history"
    case ping

    // Server to client: the session.
    case connected
    case authenticated
    case tokenExpiring = "token_expiring"
    case serviceDegraded = "service_degraded"
    case serviceRestored = "service_restored"
    case serverDraining = "server_draining"
    case pong
    case error
    case ok

    // Server to client: rooms.
    case joined
    case left
    case userJoined = "user_joined"
    case userLeft = "user_left"
    case userTyping = "user_typing"
    case userStoppedTyping = "user_stopped_typing"
    case gap
    case roomEpoch = "room_epoch"

    // Server to client: messages.
    case newMessage = "new_message"
    case messageEdited = "message_edited"
    case messageDeleted = "message_deleted"
    case reactionAdded = "reaction_added"
    case reactionRemoved = "reaction_removed"
    case messageSent = "message_sent"
    case messageStored = "message_stored"
    case messageError = "message_error"
    case rateLimitExceeded = "rate_limit_exceeded"
    case history
    case readReceipt = "read_receipt"
    case unread

    // Server to client: people.
    case presence
    case presenceList = "presence_list"
    case notification

    /// The kinds that are part of a room's log: they take a `seq`, and nothing else does.
    public static let logged: [EventType] = [
        .newMessage, .messageEdited, .messageDeleted, .reactionAdded, .reactionRemoved,
    ]

    /// Whether envelopes of this kind are part of a room's log.
    public var isLogged: Bool { Self.logged.contains(self) }
}
