import Bus
import Redis
import RoomFunctions
import Schema

/// How a message is put to the functions of its room: keys and arguments as `room.lua` has them.
struct RoomCalls {
    let bounds: Bounds
    /// The highest seq of a room that this gateway has had from Redis itself.
    let knownSeq: (RoomID) -> Int64

    /// What bounds a room's and a partition's log.
    struct Bounds {
        let recentKeep: Int
        let recentMax: Int
        let logMaxBytes: Int
        /// How many keys a room remembers of ten minutes.
        let seenMax: Int
    }

    func keys(_ room: RoomID) -> [RedisArgument] {
        let partition = room.partition
        return [.text(Keys.room(room)), .text(Keys.members(room)), .text(Keys.recent(room))]
            + Keys.seen(room).map { .text($0) } + [
                .text(Keys.log(partition)), .text(Keys.logBytes(partition)),
            ]
    }

    /// The arguments of `room_accept` for messages of one room, in this order.
    func accept(_ tries: [Try], into room: RoomID, run: RunID) -> [RedisArgument] {
        var arguments: [RedisArgument] = [
            .text(run), .int(knownSeq(room)), .int(Int64(bounds.recentKeep)), .int(Int64(bounds.recentMax)),
            .int(Int64(bounds.logMaxBytes)), .int(Int64(bounds.seenMax)),
        ]
        arguments.reserveCapacity(arguments.count + 8 * tries.count)
        for one in tries {
            let (message, id) = (one.message, one.id)
            let tail = EnvelopeTail.bytes(
                message.request.message, room: room, id: id, user: message.sender.user)
            arguments += [
                .text(message.sender.user.text), .bytes(id.bytes), .int(id.milliseconds), .int(one.notAfter),
                .bytes(message.keyDigest), .bytes(message.contentDigest), .bytes(tail), "",
            ]
        }
        return arguments
    }

    /// One message, as it is put to `room_accept`: under this id, too late after `notAfter` by Redis' clock.
    struct Try {
        let message: OutgoingMessage
        let id: MessageID
        let notAfter: Int64
    }

    /// The arguments of `room_seen`.
    func seen(_ message: OutgoingMessage, run: RunID) -> [RedisArgument] {
        [
            .text(run), .text(message.sender.user.text), .bytes(message.keyDigest),
            .bytes(message.contentDigest),
        ]
    }
}
