public import Redis
public import Schema

/// Where a room stands, read from its hash without any function: nothing is opened or loaded by looking.
public struct RoomMark: Sendable, Hashable {
    /// The log; nil while no epoch has been opened.
    public var extent: LogExtent?
    /// The version of the member list.
    public var mv: Int64
    /// The run of Redis for which auth vouches for the members.
    public var loaded: String?

    /// Asks for what `init` reads.
    public static func command(_ room: RoomID) -> [RedisArgument] {
        ["HMGET", .text(Keys.room(room)), "epoch", "seq", "first", "epochs", "mv", "loaded"]
    }

    /// Reads the answer.
    public init(_ reply: RedisReply) {
        extent = LogExtent(
            epoch: reply[0].text, seq: reply[1].int, first: reply[2].isNull ? 1 : reply[2].int,
            epochs: reply[3].text)
        mv = reply[4].int ?? 0
        loaded = reply[5].text
    }
}
