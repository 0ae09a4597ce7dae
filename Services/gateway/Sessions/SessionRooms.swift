import Bus
import Engine
import Redis
import Schema

/// The rooms of login sessions, kept in Redis for an hour: who comes back, to whichever gateway, is told of them.
///
/// Belongs to its loop. Nobody waits for what is written here. A live connection states its rooms again from time to
/// time, and whenever Redis may have lost them.
final class SessionRooms {
    /// How often a live connection states its rooms.
    static let restateMilliseconds = 600_000

    /// An hour after the connection that stated them has ended, whenever that is.
    private static let keepSeconds: Int64 = 3_600 + Int64(restateMilliseconds / 1_000)
    /// How long somebody who arrives waits for Redis before going on without.
    private static let patienceMilliseconds = 500
    private static let mostUnsettled = 10_000

    private let loop: EventLoop
    private let redis: RedisClient
    private let limit: Int
    /// What was left without Redis hearing of it.
    private var unsettled: Set<Place> = []

    private struct Place: Hashable {
        let key: String
        let room: RoomID
    }

    /// - Parameter limit: how many rooms one connection may have.
    init(loop: EventLoop, redis: RedisClient, limit: Int) {
        self.loop = loop
        self.redis = redis
        self.limit = limit
    }

    /// The rooms that this login session had in the last hour, by name; none where Redis does not say in time.
    func rooms(of identity: Identity) async -> [RoomID] {
        guard let key = Self.key(of: identity), let reply = await read(key) else { return [] }
        let found = stride(from: 0, to: reply.count - 1, by: 2).compactMap { index in
            reply[index].text.map { (name: $0, joined: reply[index + 1].int ?? 0) }
        }
        let kept = KeptRooms(found, for: identity, limit: limit)
        if !kept.surplus.isEmpty {
            redis.call(["HDEL", .text(key)] + kept.surplus.map { .text($0) }) { _ in }
        }
        return kept.rooms
    }

    /// These rooms were joined, or still are.
    func keep(_ rooms: some Sequence<RoomID>, of identity: Identity) {
        guard let key = Self.key(of: identity) else { return }
        let now = RedisArgument(WallClock.milliseconds() + redis.clockOffset)
        var command: [RedisArgument] = ["HSET", .text(key)]
        for room in rooms {
            unsettled.remove(Place(key: key, room: room))
            command += [.text(room.text), now]
        }
        guard command.count > 2 else { return }
        redis.call(command) { _ in }
        touch(key)
    }

    /// The room was left, or may not be entered any more.
    func drop(_ room: RoomID, of identity: Identity) {
        guard let key = Self.key(of: identity) else { return }
        remove(Place(key: key, room: room))
        touch(key)
    }

    /// Says again what Redis has not heard.
    func reconnected() {
        let again = unsettled
        unsettled = []
        for place in again { remove(place) }
    }

    private func read(_ key: String) async -> [RedisReply]? {
        // A deadline of the command itself would cost everybody the connection.
        let result = await loop.firstAnswer(withinMilliseconds: Self.patienceMilliseconds) {
            redis.call(["HGETALL", .text(key)], $0)
        }
        return (try? result?.get())?.array
    }

    private func remove(_ place: Place) {
        redis.call(["HDEL", .text(place.key), .text(place.room.text)]) { [weak self] result in
            guard let self, case .failure = result else { return }
            // Beyond the bound it is forgotten: the room would be joined once more at worst.
            if unsettled.count < Self.mostUnsettled { unsettled.insert(place) }
        }
    }

    private func touch(_ key: String) {
        redis.call(["EXPIRE", .text(key), .int(Self.keepSeconds)]) { _ in }
    }

    private static func key(of identity: Identity) -> String? {
        identity.sessionID.map { Keys.session(identity.user, $0) }
    }
}
