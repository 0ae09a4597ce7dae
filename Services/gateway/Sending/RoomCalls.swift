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

    /// The keys of `room_accept` for messages of these rooms.
    func keys(_ rooms: [Room]) -> [RedisArgument] { rooms.flatMap { keys($0.id) } }

    /// The arguments of `room_accept` for messages of these rooms, those of each in this order.
    func accept(_ rooms: [Room], run: RunID) -> [RedisArgument] {
        var arguments: [RedisArgument] = [
            .text(run), .int(Int64(bounds.recentKeep)), .int(Int64(bounds.recentMax)),
            .int(Int64(bounds.logMaxBytes)), .int(Int64(bounds.seenMax)),
        ]
        arguments.reserveCapacity(arguments.count + rooms.reduce(0) { $0 + 2 + 8 * $1.tries.count })
        for room in rooms {
            arguments.append(.int(knownSeq(room.id)))
            arguments.append(.int(Int64(room.tries.count)))
            for one in room.tries { append(one, of: room.id, to: &arguments) }
        }
        return arguments
    }

    private func append(_ one: Try, of room: RoomID, to arguments: inout [RedisArgument]) {
        let (message, id) = (one.message, one.id)
        let tail = EnvelopeTail.bytes(
            message.request.message, room: room, id: id, user: message.sender.user)
        arguments.append(.text(message.sender.user.text))
        arguments.append(.bytes(id.bytes))
        arguments.append(.int(id.milliseconds))
        arguments.append(.int(one.notAfter))
        arguments.append(.bytes(message.keyDigest))
        arguments.append(.bytes(message.contentDigest))
        arguments.append(.bytes(tail))
        arguments.append("")
    }

    /// The messages of a room in one call.
    struct Room {
        let id: RoomID
        var tries: [Try]
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
