internal import Redis
public import Schema

/// What a member must know of a room, as `room_enter` says it.
public struct RoomStanding: Sendable, Hashable {
    /// The place of the newest envelope; seq 0 in a room without one.
    public var newest: LogPosition
    /// The role; nil for those who are no members.
    public var role: String?
    /// `public`, `private` or `direct`.
    public var visibility: String
    /// The version of the member list.
    public var mv: Int64
    /// The newest seq that is in the archive.
    public var stored: Int64
    /// The epochs that ended, oldest first.
    public var epochs: [PastEpoch]

    /// An epoch that ended.
    public struct PastEpoch: Sendable, Hashable {
        /// Its name.
        public var epoch: String
        /// Its first and its last seq; the last is smaller where nothing was accepted in it.
        public var first: Int64
        /// Its last seq.
        public var last: Int64

        /// Reads the field `epochs` of a room.
        public static func list(_ text: String) -> [PastEpoch] {
            text.split(separator: " ").compactMap { entry in
                let parts = entry.split(separator: ":")
                guard parts.count == 3, let first = Int64(parts[1]), let last = Int64(parts[2]) else {
                    return nil
                }
                return PastEpoch(epoch: String(parts[0]), first: first, last: last)
            }
        }
    }

    /// Reads a reply; nil where it is none of an open room.
    init?(_ reply: RedisReply) {
        guard reply[0].text == "ok", let epoch = reply[1].text, let seq = reply[2].int,
            let role = reply[3].text, let visibility = reply[4].text, let mv = reply[5].int,
            let stored = reply[6].int
        else { return nil }
        newest = LogPosition(epoch: epoch, seq: seq)
        self.role = role.isEmpty ? nil : role
        self.visibility = visibility
        self.mv = mv
        self.stored = stored
        epochs = PastEpoch.list(reply[7].text ?? "")
    }
}
