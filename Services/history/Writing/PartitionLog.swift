import ArchiveFunctions
import Redis
import RoomFunctions
import Schema

/// The log of one partition in Redis, as the holder of its lease uses it.
struct PartitionLog {
    let partition: Partition
    private let redis: RedisClient
    /// The lease's token: with another one in the lease, nothing here has an effect.
    private let token: RedisArgument
    private let lease: RedisArgument
    private let log: RedisArgument
    private let bytes: RedisArgument
    private let channel: RedisArgument
    private let deadLetters: RedisArgument

    init(partition: Partition, token: String, redis: RedisClient) {
        self.partition = partition
        self.redis = redis
        self.token = .text(token)
        lease = .text(Keys.logLease(partition))
        log = .text(Keys.log(partition))
        bytes = .text(Keys.logBytes(partition))
        channel = .text(Keys.storedChannel(partition))
        deadLetters = .text(Keys.logDead(partition))
    }

    /// One entry, as it was taken.
    struct Entry: Sendable, Hashable {
        let id: String
        /// Empty where the entry has none.
        let envelope: [UInt8]
    }

    /// Takes the oldest entries, which stay in the log until they are stored: whoever has the lease begins with what its
    /// predecessor did not finish.
    ///
    /// Anybody may read: who has lost the lease meanwhile is told so by PostgreSQL's fence, or by `stored`.
    func take(_ count: Int, _ done: @escaping RedisClient.Done) {
        redis.call(["XRANGE", log, "-", "+", "COUNT", .int(Int64(count))], done)
    }

    /// Reads the answer to `take`.
    static func taken(_ result: Result<RedisReply, RedisError>) throws(RedisError) -> [Entry] {
        guard let replies = try result.get().array else { throw .protocolViolation }
        var entries: [Entry] = []
        entries.reserveCapacity(replies.count)
        for reply in replies {
            guard let id = reply[0].text else { throw .protocolViolation }
            entries.append(Entry(id: id, envelope: reply[1]["e"].bytes ?? []))
        }
        return entries
    }

    /// Takes out of the log what has been settled, all up to its last entry, lays dead letters aside, and tells how far each
    /// room is.
    func stored(
        upTo last: String, bytes count: Int, _ settlement: Settlement, recent: RecentSettings,
        _ done: @escaping RedisClient.Done
    ) {
        var keys = [lease, log, bytes, channel, deadLetters]
        var arguments: [RedisArgument] = [
            token, .text(last), .int(Int64(count)), .int(Int64(recent.seconds)), .int(Int64(recent.keep)),
            .int(Int64(settlement.stored.count)), .int(Int64(settlement.dead.count)),
        ]
        for (room, position) in settlement.stored {
            keys.append(.text(Keys.room(room)))
            keys.append(.text(Keys.recent(room)))
            arguments += [.text(room.text), .text(position.epoch), .int(position.seq)]
        }
        for letter in settlement.dead {
            // Without a place no room is concerned; every key must be of this partition all the same.
            keys.append(letter.place.map { .text(Keys.room($0.room)) } ?? lease)
            arguments += [
                .text(letter.entryID), .text(letter.reason.rawValue), .text(letter.detail),
                .text(letter.place?.position.description ?? ""),
            ]
        }
        redis.function(ArchiveFunctions.stored, keys: keys, arguments: arguments, done)
    }

    /// Reads the answer to `stored`: how many entries are left, nil where the lease is not ours.
    static func left(_ result: Result<RedisReply, RedisError>) throws(RedisError) -> Int? {
        let reply = try result.get()
        guard reply[0].text == "ok" else { return nil }
        guard let left = reply[2].int else { throw .protocolViolation }
        return Int(clamping: left)
    }

    /// Tells a dead letter's sender, wherever they are connected.
    func tell(_ letter: DeadLetter) async throws(RedisError) {
        guard let sender = letter.sender, let notice = letter.notice else { return }
        _ = try await redis.function(
            DirectFunctions.tellNotice,
            keys: [.text(Keys.userChannel(sender)), .text(Keys.directNotices(sender))],
            arguments: [.text(notice)])
    }
}
