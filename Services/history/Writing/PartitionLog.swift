import ArchiveFunctions
import Redis
import RoomFunctions
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

    /// Acknowledges what has been settled, lays dead letters aside, and tells how far each room is; false where the
    /// lease is not ours.
    func stored(
        _ entryIDs: [String], bytes: Int, _ settlement: Settlement, recent: RecentSettings
    ) async throws(RedisError) -> Bool {
        var keys: [RedisArgument] = [
            lease, .text(Keys.log(partition)), .text(Keys.logBytes(partition)),
            .text(Keys.storedChannel(partition)), .text(Keys.logDead(partition)),
        ]
        var arguments: [RedisArgument] = [
            .text(token), PartitionLog.group, .int(Int64(bytes)), .int(Int64(recent.seconds)),
            .int(Int64(recent.keep)), .int(Int64(settlement.stored.count)),
            .int(Int64(settlement.dead.count)),
        ]
        for (room, position) in settlement.stored {
            keys += [.text(Keys.room(room)), .text(Keys.recent(room))]
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
        arguments += entryIDs.map { .text($0) }
        let reply = try await redis.function(ArchiveFunctions.stored, keys: keys, arguments: arguments)
        return reply[0].text == "ok"
    }

    /// Tells a dead letter's sender, wherever they are connected.
    func tell(_ letter: DeadLetter) async throws(RedisError) {
        guard let sender = letter.sender, let notice = letter.notice else { return }
        _ = try await redis.function(
            DirectFunctions.tellNotice,
            keys: [.text(Keys.userChannel(sender)), .text(Keys.directNotices(sender))],
            arguments: [.text(notice)])
    }

    private var lease: RedisArgument { .text(Keys.logLease(partition)) }
}
