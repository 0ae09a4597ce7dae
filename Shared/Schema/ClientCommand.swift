/// What a client may ask for (protocol, 4.1).
///
/// Kinds that later waves bring are unknown types until then, never a pretence.
public enum ClientCommand: Hashable, Sendable {
    case authenticate(token: String)
    case joinRoom(JoinRoom)
    case leaveRoom(RoomID)
    case sendMessage(SendMessage)
    case typingStart(RoomID)
    case typingStop(RoomID)
    case getPresence(GetPresence)
    case getHistory(GetHistory)
    case ping(JSONValue)

    init(_ type: EventType, _ fields: FrameFields, _ limits: Limits) throws(SchemaError) {
        switch type {
        case .authenticate: self = .authenticate(token: try fields.text("token"))
        case .joinRoom: self = .joinRoom(try JoinRoom(fields))
        case .leaveRoom: self = .leaveRoom(try fields.room())
        case .sendMessage: self = .sendMessage(try SendMessage(fields, limits))
        case .typingStart: self = .typingStart(try fields.room())
        case .typingStop: self = .typingStop(try fields.room())
        case .getPresence: self = .getPresence(try GetPresence(fields))
        case .getHistory: self = .getHistory(try GetHistory(fields))
        case .ping: self = .ping(try fields.whole())
        default: throw .unknownType
        }
    }
}

/// `join_room`: follow a room from here on, or from where one left off.
public struct JoinRoom: Hashable, Sendable {
    /// The room.
    public var room: RoomID
    /// The last place that the client has.
    public var since: LogPosition?
    /// How many envelopes a fresh join brings.
    public var recent: Int

    /// Takes the parts: for what the address of a connection asks for.
    public init(room: RoomID, since: LogPosition? = nil, recent: Int = Limits.defaultRecent) {
        self.room = room
        self.since = since
        self.recent = recent
    }

    init(_ fields: FrameFields) throws(SchemaError) {
        room = try fields.room()
        recent = try fields.int("recent", in: Limits.recent, default: Limits.defaultRecent)
        since = try fields.optional("since") { value in
            guard let epoch = value["epoch"]?.text, let seq = value["seq"]?.int else { return nil }
            return LogPosition(claimedEpoch: epoch, seq: seq)
        }
    }
}

/// `get_presence`: who is in a room, or how these people are.
public enum GetPresence: Hashable, Sendable {
    case room(RoomID)
    case users([UserHandle])

    init(_ fields: FrameFields) throws(SchemaError) {
        let asked = try fields.optional("users", Self.handles)
        guard let asked else {
            self = .room(try fields.room())
            return
        }
        guard try fields.value("room") == nil else { throw .invalidField("users") }
        self = .users(asked)
    }

    private static func handles(_ value: JSONValue) -> [UserHandle]? {
        guard let elements = value.array, elements.count <= Limits.presenceUsers else { return nil }
        let handles = elements.compactMap { $0.text.flatMap(UserHandle.init) }
        return handles.count == elements.count ? handles : nil
    }
}

/// `get_history`: a page of a room's log.
public struct GetHistory: Hashable, Sendable {
    /// Which part of the log; the given seq is not in it.
    public enum Direction: Hashable, Sendable {
        case newest
        case before(Int64)
        case after(Int64)
    }

    /// The room.
    public var room: RoomID
    /// Which part of the log.
    public var direction: Direction
    /// How many messages at most.
    public var limit: Int

    init(_ fields: FrameFields) throws(SchemaError) {
        room = try fields.room()
        limit = try fields.int("limit", in: Limits.historyPage, default: Limits.defaultHistoryPage)
        switch (try fields.seq("before"), try fields.seq("after")) {
        case (nil, nil): direction = .newest
        case (let seq?, nil): direction = .before(seq)
        case (nil, let seq?): direction = .after(seq)
        case (_?, _?): throw .invalidField("after")
        }
    }
}
