import MembershipFunctions
public import Redis
import RoomFunctions
public import Schema

/// One call of `room_accept`, each argument to be changed by a test.
public struct AcceptCall {
    /// The room.
    public var room: RoomID
    /// The run of Redis that the caller believes in.
    public var run: String
    /// The highest seq that the caller had from Redis.
    public var known: Int64 = 0
    /// Who sends.
    public var user: String
    /// The id of the message.
    public var id: MessageID
    /// The time that is claimed for it.
    public var time: Int64
    /// When it is too late, by Redis' clock.
    public var notAfter: Int64
    /// The digest of user and key.
    public var key: String
    /// The digest of the content.
    public var content: String
    /// The envelope from `type` on.
    public var tail: [UInt8]
    /// The traceparent, or nothing.
    public var trace = ""
    /// How many seqs stay in recent.
    public var keep: Int64 = 1_000
    /// How many stay while the archive lags.
    public var most: Int64 = 20_000
    /// How many bytes the log may have.
    public var logBytes: Int64 = 1 << 30
    /// How many keys are remembered of ten minutes.
    public var seenMax: Int64 = 1_000_000

    /// A message of this text, with a key of its own, sent now.
    public init(_ text: String, room: RoomID, user: UserHandle, run: String, now: Int64) {
        self.room = room
        self.run = run
        self.user = user.text
        id = MessageID(milliseconds: now)
        time = now
        notAfter = now + 60_000
        key = String(id.text.suffix(12))
        content = String(("content " + text).prefix(12))
        tail = EnvelopeTail.bytes(NewMessage(content: text), room: room, id: id, user: user)
    }

    /// The keys, as Bus.md has them.
    public var keys: [RedisArgument] {
        [.text(Keys.room(room)), .text(Keys.members(room)), .text(Keys.recent(room))]
            + Keys.seen(room).map { .text($0) }
            + [.text(Keys.log(room.partition)), .text(Keys.logBytes(room.partition))]
    }

    /// What the call says of all rooms, as `room.lua` has it.
    private var callArguments: [RedisArgument] {
        [.text(run), .int(keep), .int(most), .int(logBytes), .int(seenMax)]
    }

    /// What it says of a room with so many messages.
    private func roomArguments(_ count: Int) -> [RedisArgument] { [.int(known), .int(Int64(count))] }

    /// What it says of the message.
    private var messageArguments: [RedisArgument] {
        [
            .text(user), .bytes(id.bytes), .int(time), .int(notAfter), .text(key), .text(content),
            .bytes(tail), .text(trace),
        ]
    }

    /// Makes the call; the answer is the message's.
    public func callAsFunction(_ redis: RedisClient) async throws(RedisError) -> RedisReply {
        try await together(with: [], redis)[0].result.get()
    }

    /// Makes one call for this message and others of its room; there is an answer for each.
    public func together(
        with others: [AcceptCall], _ redis: RedisClient
    ) async throws(RedisError) -> RedisReply {
        try await Self.make([[self] + others], redis)
    }

    /// Makes one call for messages of several rooms, as the first of all has it; there is an answer for each message.
    public static func make(
        _ rooms: [[AcceptCall]], _ redis: RedisClient
    ) async throws(RedisError) -> RedisReply {
        let rooms = rooms.filter { !$0.isEmpty }
        let arguments = rooms.flatMap { $0[0].roomArguments($0.count) + $0.flatMap(\.messageArguments) }
        return try await redis.function(
            RoomFunctions.accept, keys: rooms.flatMap { $0[0].keys },
            arguments: (rooms.first?[0].callArguments ?? []) + arguments)
    }
}

extension RedisClient {
    /// Does auth's part for keys and revocations: says that all are there in this run.
    public func vouchForRevocations() async throws(RedisError) {
        _ = try await call("SET", .text(Keys.authRun), .text(runID ?? ""))
    }

    /// Does auth's part for a room: writes its members (user → value) and vouches for them.
    public func load(
        _ room: RoomID, members: [(String, String)], run: String, mv: Int64 = 1,
        visibility: String = "private", policy: String = "", isNew: Bool = true
    ) async throws(RedisError) {
        var arguments: [RedisArgument] = [
            .text(run), .int(mv), .text(visibility), .text(policy), isNew ? "1" : "0",
        ]
        for (user, value) in members { arguments += [.text(user), .text(value)] }
        _ = try await function(
            MembershipFunctions.roomLoad, keys: [.text(Keys.room(room)), .text(Keys.members(room))],
            arguments: arguments)
    }
}
