import Bus
import Redis
import RoomFunctions
import Schema
import Tokens
import Web

/// How a message is put to the functions of its room: keys and arguments as `room.lua` has them.
struct RoomCalls {
    let bounds: Bounds
    /// The highest seq of a room that this gateway has had from Redis itself.
    let knownSeq: (RoomID) -> Int64
    /// Shared by all copies, as all belong to one loop.
    private let digester = Digester()

    /// What bounds a room's log, and what the archive lacks of a partition.
    struct Bounds {
        let recentKeep: Int
        let recentMax: Int
        let logMaxBytes: Int
        /// How many keys a room remembers of ten minutes.
        let seenMax: Int
    }

    /// The keys of a function for these rooms: one of each, after which it names all others.
    func keys(_ rooms: some Sequence<RoomID>) -> [RedisArgument] { rooms.map { .text(Keys.room($0)) } }

    /// How many messages a call has at most: how many there are of each room is told by a byte.
    static let most: UInt8 = 64

    /// The arguments of `room_accept` for messages of these rooms, `most` at most, those of each in this order.
    func accept(_ rooms: [Room], run: RunID) -> [RedisArgument] {
        let notAfter = rooms.lazy.flatMap(\.tries).map(\.notAfter).min() ?? 0
        var arguments: [RedisArgument] = [
            .text(run), .int(Int64(bounds.recentKeep)), .int(Int64(bounds.recentMax)),
            .int(Int64(bounds.logMaxBytes)), .int(Int64(bounds.seenMax)), .int(notAfter),
            .bytes(rooms.map { UInt8(clamping: $0.tries.count) }),
        ]
        arguments.reserveCapacity(arguments.count + rooms.reduce(0) { $0 + 1 + 3 * $1.tries.count })
        for room in rooms {
            arguments.append(.int(knownSeq(room.id)))
            for one in room.tries { append(one, of: room.id, to: &arguments) }
        }
        return arguments
    }

    private func append(_ one: Try, of room: RoomID, to arguments: inout [RedisArgument]) {
        let (message, id) = (one.message, one.id)
        let tail = EnvelopeTail.bytes(
            message.request.message, room: room, id: id, user: message.sender.user)
        arguments.append(.text(message.sender.user.text))
        arguments.append(.bytes(mark(one)))
        arguments.append(.bytes(tail))
    }

    /// What the function compares and remembers of a message: digests of key and content, id, not after; and what it is
    /// part of.
    private func mark(_ one: Try) -> [UInt8] {
        var mark: [UInt8] = []
        mark.reserveCapacity(48)
        one.message.addKeyDigest(to: &mark, by: digester)
        one.message.addContentDigest(to: &mark, by: digester)
        one.id.append(to: &mark)
        mark.append(time: one.notAfter)
        if let trace = one.message.trace { mark += trace.bytes }
        return mark
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
