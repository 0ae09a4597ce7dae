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
    /// The time that its id claims.
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

    /// The room's key, after which the functions name all others.
    public var roomKey: RedisArgument { .text(Keys.room(room)) }

    /// What the call says of all rooms, as `room.lua` has it.
    private func callArguments(_ rooms: [[AcceptCall]]) -> [RedisArgument] {
        [
            .text(run), .int(keep), .int(most), .int(logBytes), .int(seenMax),
            .int(rooms.joined().map(\.notAfter).min() ?? 0), .bytes(rooms.map { UInt8(clamping: $0.count) }),
        ]
    }

    /// What it says of the message.
    private var messageArguments: [RedisArgument] {
        let mark =
            keyDigest + Self.digest(content) + sixBytes(time) + id.bytes.dropFirst(6)
            + sixBytes(notAfter) + Array(trace.utf8)
        return [.text(user), .bytes(mark), .bytes(tail)]
    }

    /// The digest of user and key, as the function has it.
    public var keyDigest: [UInt8] { Self.digest(key) }
    /// The digest of the content, as the function has it.
    public var contentDigest: [UInt8] { Self.digest(content) }

    private static func digest(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(12))
        return bytes + Array(repeating: UInt8(ascii: " "), count: 12 - bytes.count)
    }

    /// Makes the call; the answer is the message's.
    public func callAsFunction(_ redis: RedisClient) async throws(RedisError) -> RedisReply {
        try await together(with: [], redis)[0].result.get()
    }

    /// Spells out what was answered of a place: `ok` or `duplicate`, epoch, seq, id, stored.
    ///
    /// To a message that got its place by this call the function says no more than that. All else stays as it is.
    public func inWords(_ reply: RedisReply) -> RedisReply {
        if case .bulk(let position) = reply {
            return Self.words("ok", position, id.bytes, stored: .bulk(Array("0".utf8)))
        }
        guard let word = reply[0].text, let position = reply[1].bytes, let id = reply[3].bytes else {
            return reply
        }
        return Self.words(word, position, id, stored: reply[2])
    }

    private static func words(
        _ word: String, _ position: [UInt8], _ id: [UInt8], stored: RedisReply
    ) -> RedisReply {
        let parts = position.split(separator: UInt8(ascii: ":")).map { RedisReply.bulk(Array($0)) }
        return .array([.bulk(Array(word.utf8))] + parts + [.bulk(id), stored])
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
        let arguments = rooms.flatMap { [.int($0[0].known)] + $0.flatMap(\.messageArguments) }
        let replies = try await redis.function(
            RoomFunctions.accept, keys: rooms.map { $0[0].roomKey },
            arguments: (rooms.first?[0].callArguments(rooms) ?? []) + arguments)
        guard let replies = replies.array else { return replies }
        return .array(zip(rooms.joined(), replies).map { $0.inWords($1) })
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
        _ = try await function(
            MembershipFunctions.roomVouch, keys: [.text(Keys.room(room))], arguments: [.text(run), .int(mv)])
    }
}

/// A time as the functions of a room and of the limit read one.
func sixBytes(_ time: Int64) -> [UInt8] {
    stride(from: 40, through: 0, by: -8).map { UInt8(truncatingIfNeeded: time >> $0) }
}
