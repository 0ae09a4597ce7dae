import Bus
import Engine
import Redis
import Schema

/// Compares the rooms here with Redis where nothing else would show that something was missed.
///
/// Belongs to its loop. A few partitions at a time, the rooms of one in one write: each room once in 15 s, all of them
/// soon after a reconnect.
final class QuietRooms {
    private let loop: EventLoop
    private let redis: RedisClient
    private let rooms: Rooms
    private var round = QuietRound()
    private var timer: Timer?

    private static let roundMilliseconds = 15_000

    init(loop: EventLoop, redis: RedisClient, rooms: Rooms) {
        self.loop = loop
        self.redis = redis
        self.rooms = rooms
    }

    func start() {
        timer = loop.scheduleRepeating(everyMilliseconds: Self.roundMilliseconds / Partition.count) {
            [weak self] in self?.tick()
        }
    }

    /// Redis was away, or another one: all rooms are due.
    func hurry() { round.hurry() }

    private func tick() {
        guard redis.isConnected else { return }
        for partition in round.next() {
            for room in rooms.followed(in: partition) { compare(room) }
        }
    }

    private func compare(_ room: LocalRoom) {
        redis.call(RoomMark.command(room.id, withPast: false)) { result in
            // What fails now is due again when Redis is back.
            if case .success(let reply) = result { room.compare(with: RoomMark(reply)) }
        }
    }
}

/// Which partitions are due at a tick: one, so that all are in a round; more where all are due at once.
///
/// Pure.
struct QuietRound {
    private var place = 0
    private var hurried = 0

    /// How many partitions a tick takes when all are due.
    private static let most = 8

    /// All are due.
    mutating func hurry() { hurried = Partition.count }

    /// Those of this tick.
    mutating func next() -> [Partition] {
        let count = hurried > 0 ? Self.most : 1
        hurried = max(hurried - count, 0)
        defer { place = (place + count) % Partition.count }
        return (place..<place + count).map { Partition.all[$0 % Partition.count] }
    }
}
