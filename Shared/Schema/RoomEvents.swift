// What `data` holds for joining, leaving and following a room (protocol, 4.2); the room stands beside `type`.

/// `joined`: the state of the room at the point from which envelopes follow.
public struct Joined: Payload, Hashable {
    /// The place of the newest envelope; what follows live comes after it.
    public var position: LogPosition
    /// The member's role.
    public var role: String
    /// Whether all that was missed follows; nil, and absent, where there was no `since`.
    public var recovered: Bool?
    /// How many people are online.
    public var online: Int
    /// How far this user has read; nil until there are receipts.
    public var readSeq: Int64?
    /// How much is unread; nil until there are receipts.
    public var unread: Int64?

    /// Takes the state of the room.
    public init(
        at position: LogPosition, role: String, recovered: Bool?, online: Int, readSeq: Int64? = nil,
        unread: Int64? = nil
    ) {
        self.position = position
        self.role = role
        self.recovered = recovered
        self.online = online
        self.readSeq = readSeq
        self.unread = unread
    }

    /// The type.
    public var type: EventType { .joined }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("epoch", position.epoch)
        data.member("seq", position.seq)
        data.member("role", role)
        if let recovered { data.member("recovered", recovered) }
        data.member("online", online)
        data.member("read_seq", readSeq)
        data.member("unread", unread)
    }
}

/// `left`: the room is no longer live on this connection.
public struct Left: Payload, Hashable {
    /// Why, when it was not one's own wish.
    public enum Reason: String, Hashable, Sendable {
        case removed, banned
        case roomDeleted = "room_deleted"
    }

    /// Why, when it was not one's own wish.
    public var reason: Reason?

    /// Takes the reason.
    public init(_ reason: Reason? = nil) {
        self.reason = reason
    }

    /// The type.
    public var type: EventType { .left }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        if let reason { data.member("reason", reason.rawValue) }
    }
}

/// `gap`: what this connection could not be given.
public struct Gap: Payload, Hashable {
    /// The epoch.
    public var epoch: String
    /// The first and the last seq that are missing.
    public var seqs: ClosedRange<Int64>

    /// Takes what is missing.
    public init(epoch: String, seqs: ClosedRange<Int64>) {
        self.epoch = epoch
        self.seqs = seqs
    }

    /// The type.
    public var type: EventType { .gap }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("epoch", epoch)
        data.member("from_seq", seqs.lowerBound)
        data.member("to_seq", seqs.upperBound)
    }
}

/// `room_epoch`: a new epoch begins here.
public struct RoomEpoch: Payload, Hashable {
    /// The first place of the new epoch.
    public var first: LogPosition
    /// The last place of the epoch before.
    public var previous: LogPosition

    /// Takes the end of one epoch and the beginning of the next.
    public init(first: LogPosition, previous: LogPosition) {
        self.first = first
        self.previous = previous
    }

    /// The type.
    public var type: EventType { .roomEpoch }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("epoch", first.epoch)
        data.member("first_seq", first.seq)
        data.member("previous_epoch", previous.epoch)
        data.member("previous_seq", previous.seq)
    }
}
