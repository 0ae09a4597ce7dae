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

    /// Asks for what `init` reads; without the epochs that have ended where only the newest place counts.
    public static func command(_ room: RoomID, withPast: Bool = true) -> [RedisArgument] {
        let present: [RedisArgument] = [
            "HMGET", .text(Keys.room(room)), "epoch", "seq", "first", "mv", "loaded",
        ]
        return withPast ? present + ["epochs"] : present
    }

    /// Reads the answer.
    public init(_ reply: RedisReply) {
        extent = LogExtent(
            epoch: reply[0].text, seq: reply[1].int, first: reply[2].isNull ? 1 : reply[2].int,
            epochs: reply[5].text)
        mv = reply[3].int ?? 0
        loaded = reply[4].text
    }
}
