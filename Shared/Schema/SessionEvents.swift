// What `data` holds for a connection and its login (protocol, 4.2).

/// `connected`: who you are here; the user stands beside `type`.
public struct Connected: Payload, Hashable {
    /// The connection's id.
    public var connectionID: String
    /// The display name.
    public var name: String
    /// The gateway's id.
    public var gateway: String
    /// The server's clock, in milliseconds since 1970.
    public var serverTime: Int64
    /// How often a ping goes out.
    public var heartbeatSeconds: Int
    /// When the token ends, in milliseconds since 1970.
    public var tokenExpiresAt: Int64
    /// What a client may do.
    public var limits: Limits
    /// The rooms this login session had, or those that are rejoined.
    public var rooms: [RoomID]

    /// Takes what a client is told first.
    public init(
        connectionID: String, name: String, gateway: String, serverTime: Int64, heartbeatSeconds: Int,
        tokenExpiresAt: Int64, limits: Limits, rooms: [RoomID]
    ) {
        self.connectionID = connectionID
        self.name = name
        self.gateway = gateway
        self.serverTime = serverTime
        self.heartbeatSeconds = heartbeatSeconds
        self.tokenExpiresAt = tokenExpiresAt
        self.limits = limits
        self.rooms = rooms
    }

    /// The type.
    public var type: EventType { .connected }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("connection_id", connectionID)
        data.member("name", name)
        data.member("gateway", gateway)
        data.member("server_time", serverTime)
        data.member("heartbeat_seconds", heartbeatSeconds)
        data.member("token_expires_at", tokenExpiresAt)
        data.object("limits") { $0.limits(limits) }
        data.array("rooms") { list in rooms.forEach { list.string($0.text) } }
    }
}

/// `authenticated`: the connection's token was renewed.
public struct Authenticated: Payload, Hashable {
    /// When the new token ends, in milliseconds since 1970.
    public var tokenExpiresAt: Int64

    /// Takes the end of the new token.
    public init(tokenExpiresAt: Int64) {
        self.tokenExpiresAt = tokenExpiresAt
    }

    /// The type.
    public var type: EventType { .authenticated }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("token_expires_at", tokenExpiresAt)
    }
}

/// `token_expiring`: authenticate anew, or the connection closes.
public struct TokenExpiring: Payload, Hashable {
    /// How many seconds are left.
    public var seconds: Int64

    /// Takes the time that is left.
    public init(seconds: Int64) {
        self.seconds = seconds
    }

    /// The type.
    public var type: EventType { .tokenExpiring }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("expires_in", seconds)
    }
}

/// `pong`: what came with the ping, and the server's clock.
public struct Pong: Payload, Hashable {
    /// What came with the ping: the members of an object go back as they are, anything else as `data`.
    public var echo: JSONValue
    /// The server's clock, in milliseconds since 1970.
    public var serverTime: Int64

    /// Takes what came with the ping.
    public init(_ echo: JSONValue, serverTime: Int64) {
        self.echo = echo
        self.serverTime = serverTime
    }

    /// The type.
    public var type: EventType { .pong }

    /// Writes the members of `data`; a client's own `server_time` gives way to ours.
    public func write(to data: inout JSONWriter) {
        if var members = echo.object {
            members["server_time"] = nil
            data.members(members)
        } else if !echo.isNull {
            data.member("data", echo)
        }
        data.member("server_time", serverTime)
    }
}

/// `error`: a frame that could not be carried out.
public struct Failure: Payload, Hashable {
    /// Why.
    public var code: ErrorCode
    /// The field at fault, with `invalid_field`.
    public var field: String?

    /// Takes the reason.
    public init(_ code: ErrorCode, field: String? = nil) {
        self.code = code
        self.field = field
    }

    /// The type.
    public var type: EventType { .error }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.failure(code, field: field)
    }
}

/// `server_draining`: come back later, to another gateway.
public struct ServerDraining: Payload, Hashable {
    /// How long to wait before that.
    public var reconnectAfterMilliseconds: Int64

    /// Takes the time to wait.
    public init(reconnectAfterMilliseconds: Int64) {
        self.reconnectAfterMilliseconds = reconnectAfterMilliseconds
    }

    /// The type.
    public var type: EventType { .serverDraining }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("reconnect_after_ms", reconnectAfterMilliseconds)
    }
}

extension JSONWriter {
    fileprivate mutating func limits(_ limits: Limits) {
        member("message_bytes", limits.messageBytes)
        member("content_chars", limits.contentChars)
        member("messages_per_window", limits.messagesPerWindow)
        member("window_seconds", limits.windowSeconds)
        member("rooms", limits.rooms)
    }
}
