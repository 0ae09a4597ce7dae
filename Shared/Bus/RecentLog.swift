public import Redis
public import Schema

/// An envelope of a room's log with its place, as bytes.
public struct LoggedEnvelope: Sendable, Hashable {
    /// Its seq.
    public var seq: Int64
    /// The envelope as it goes to clients.
    public var bytes: [UInt8]

    /// Takes the parts.
    public init(seq: Int64, bytes: [UInt8]) {
        self.seq = seq
        self.bytes = bytes
    }

    /// Reads an entry of a room's recent stream.
    init?(_ entry: StreamEntry) {
        guard let seq = entry.id.split(separator: "-").first.flatMap({ Int64($0) }),
            LogPosition.isPossible(seq), let bytes = entry["e"]
        else { return nil }
        self.init(seq: seq, bytes: bytes)
    }
}

/// Reads the newest part of a room's log, which stands in Redis.
public struct RecentLog {
    private let redis: RedisClient

    /// Makes a reader.
    public init(redis: RedisClient) { self.redis = redis }

    /// The newest envelopes with a seq below `before`, at most so many, in rising order.
    public func newest(_ count: Int, of room: RoomID, before: Int64? = nil) async throws(RedisError)
        -> [LoggedEnvelope]
    {
        guard count > 0 else { return [] }
        let end: RedisArgument = before.map { "(\($0)-0" } ?? "+"
        let reply = try await redis.call(
            "XREVRANGE", .text(Keys.recent(room)), end, "-", "COUNT", .int(Int64(count)))
        return try envelopes(reply).reversed()
    }

    /// The envelopes with a seq above `after`, at most so many, in rising order.
    public func following(_ after: Int64, of room: RoomID, count: Int) async throws(RedisError)
        -> [LoggedEnvelope]
    {
        let reply = try await redis.call(
            "XRANGE", .text(Keys.recent(room)), "(\(after)-0", "+", "COUNT", .int(Int64(count)))
        return try envelopes(reply)
    }

    /// Where the room stands, and the envelopes with a seq above `after`, at most so many, in rising order.
    ///
    /// The room is read first: all that it tells of stands in the log when that is read, unless it was trimmed.
    public func stretch(after: Int64, of room: RoomID, count: Int) async throws(RedisError)
        -> (mark: RoomMark, envelopes: [LoggedEnvelope])
    {
        var mark: Result<RedisReply, RedisError>?
        redis.call(RoomMark.command(room)) { mark = $0 }
        let envelopes = try await following(after, of: room, count: count)
        // Answers come in the order of the calls.
        guard let mark = try mark?.get() else { throw .disconnected }
        return (RoomMark(mark), envelopes)
    }

    /// The seq of the oldest envelope that stands there.
    public func oldest(of room: RoomID) async throws(RedisError) -> Int64? {
        let reply = try await redis.call("XRANGE", .text(Keys.recent(room)), "-", "+", "COUNT", "1")
        return try envelopes(reply).first?.seq
    }

    private func envelopes(_ reply: RedisReply) throws(RedisError) -> [LoggedEnvelope] {
        guard let entries = StreamEntry.list(reply) else { throw .protocolViolation }
        return entries.compactMap(LoggedEnvelope.init)
    }
}
