internal import Redis
public import Schema

/// What a member must know of a room, as `room_enter` says it.
public struct RoomStanding: Sendable, Hashable {
    /// The log: its newest envelope and its epochs.
    public var extent: LogExtent
    /// The role; nil for those who are no members.
    public var role: String?
    /// `public`, `private` or `direct`.
    public var visibility: String
    /// The version of the member list.
    public var mv: Int64
    /// The newest seq that is in the archive.
    public var stored: Int64
    /// How many people are online there.
    public var online: Int

    /// The place of the newest envelope.
    public var newest: LogPosition { extent.newest }

    /// The same to one who has become a member since; nil where Redis may not know of that yet.
    public func `as`(_ membership: Membership) -> RoomStanding? {
        guard let mv = membership.mv, mv >= self.mv else { return nil }
        var standing = self
        standing.role = membership.role
        standing.mv = mv
        return standing
    }

    /// Reads a reply; nil where it is none of an open room.
    init?(_ reply: RedisReply) {
        let extent = LogExtent(
            epoch: reply[1].text, seq: reply[2].int, first: reply[8].int, epochs: reply[7].text)
        guard reply[0].text == "ok", let extent, let role = reply[3].text, let visibility = reply[4].text,
            let mv = reply[5].int, let stored = reply[6].int,
            let online = reply[9].int.flatMap(Int.init(exactly:))
        else { return nil }
        self.extent = extent
        self.role = role.isEmpty ? nil : role
        self.visibility = visibility
        self.mv = mv
        self.stored = stored
        self.online = online
    }
}
