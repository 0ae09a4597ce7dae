import ArchiveFunctions
import Redis
import Schema

/// The log of one partition in Redis, as the holder of its lease uses it.
struct PartitionLog {
    let partition: Partition
    /// The lease's token: with another one in the lease, nothing here has an effect.
    let token: String
    let redis: RedisClient

    private static let group: RedisArgument = "history"
    /// One consumer for all instances: a successor finds what its predecessor had taken.
    private static let consumer: RedisArgument = "writer"
    private static let mostDeadLetters: RedisArgument = "10000"

    /// From where entries are taken.
    enum Cursor: Equatable {
        /// What was taken before and not stored, after this entry.
        case pending(after: String)
        /// What nobody has taken.
        case new
    }

    /// Takes the next entries; nil where the lease is not ours.
    func take(_ count: Int, from cursor: Cursor) async throws(RedisError) -> [StreamEntry]? {
        var arguments: [RedisArgument] = [
            .text(token), PartitionLog.group, PartitionLog.consumer, .int(Int64(count)),
        ]
        switch cursor {
        case .pending(let id): arguments += ["0", .text(id)]
        case .new: arguments += [">", ""]
        }
        let reply = try await redis.function(
            ArchiveFunctions.take, keys: [lease, .text(Keys.log(partition))], arguments: arguments)
        guard reply[0].text == "ok" else { return nil }
        guard let entries = StreamEntry.list(reply[1]) else { throw .protocolViolation }
        return entries
    }

    /// Acknowledges what is committed and tells how far each room is; false where the lease is not ours.
    func stored(
        _ entryIDs: [String], bytes: Int, rooms: [RoomID: LogPosition], recent: RecentSettings
    ) async throws(RedisError) -> Bool {
        var keys: [RedisArgument] = [
            lease, .text(Keys.log(partition)), .text(Keys.logBytes(partition)),
            .text(Keys.storedChannel(partition)),
        ]
        var arguments: [RedisArgument] = [
            .text(token), PartitionLog.group, .int(Int64(bytes)), .int(Int64(recent.seconds)),
            .int(Int64(recent.keep)), .int(Int64(rooms.count)),
        ]
        for (room, position) in rooms {
            keys += [.text(Keys.room(room)), .text(Keys.recent(room))]
            arguments += [.text(room.text), .text(position.epoch), .int(position.seq)]
        }
        arguments += entryIDs.map { .text($0) }
        let reply = try await redis.function(ArchiveFunctions.stored, keys: keys, arguments: arguments)
        return reply[0].text == "ok"
    }

    /// Puts an entry where people look for what the archive could not take.
    func bury(_ envelope: [UInt8], entryID: String, reason: Unfit, detail: String) async throws(RedisError) {
        _ = try await redis.call(
            "XADD", .text(Keys.logDead(partition)), "MAXLEN", "~", PartitionLog.mostDeadLetters, "*",
            "e", .bytes(envelope), "id", .text(entryID), "reason", .text(reason.rawValue),
            "detail", .text(detail))
    }

    private var lease: RedisArgument { .text(Keys.logLease(partition)) }
}
