import Redis
import Schema

/// Reads what the archive lacks of several partitions: which rooms, how far each is, then their entries.
///
/// Three writes to Redis, however many there are. Belongs to its loop.
struct LogReader {
    private let redis: RedisClient

    init(redis: RedisClient) { self.redis = redis }

    /// What was found of a partition.
    struct Found {
        var stretches: [(stretch: UnstoredStretch, entries: [LogEntry])] = []
        /// What stands among its rooms and is none of them.
        var strays: [[UInt8]] = []

        var isEmpty: Bool { stretches.isEmpty && strays.isEmpty }
    }

    /// Reads at most so many entries of each partition; what became of each, in order.
    func read(_ logs: [PartitionLog], most: Int) async -> [Result<Found, RedisError>] {
        let names = await redis.each(logs.count) { logs[$0].rooms(most, $1) }
        var found: [Result<Found, RedisError>] = []
        var rooms: [(log: Int, room: RoomID)] = []
        for (index, (log, answer)) in zip(logs, names).enumerated() {
            found.append(
                Result { () throws(RedisError) in
                    let names = try log.rooms(answer)
                    rooms += names.rooms.map { (index, $0) }
                    return Found(strays: names.strays)
                })
        }
        let stretches = await plan(rooms, most: most, &found)
        await read(stretches, of: logs, &found)
        return found
    }

    /// Asks how far the rooms are, and plans what to read of each partition.
    private func plan(
        _ rooms: [(log: Int, room: RoomID)], most: Int, _ found: inout [Result<Found, RedisError>]
    ) async -> [(log: Int, stretch: UnstoredStretch)] {
        let answers = await redis.each(rooms.count) { redis.call(UnstoredRoom.question(rooms[$0].room), $1) }
        var unstored: [[UnstoredRoom]] = Array(repeating: [], count: found.count)
        for ((log, room), answer) in zip(rooms, answers) {
            do throws(RedisError) {
                unstored[log].append(try UnstoredRoom(answer, of: room))
            } catch {
                found[log] = .failure(error)
            }
        }
        return unstored.enumerated().flatMap { log, rooms in
            UnstoredStretch.plan(rooms, most: most).map { (log, $0) }
        }
    }

    private func read(
        _ stretches: [(log: Int, stretch: UnstoredStretch)], of logs: [PartitionLog],
        _ found: inout [Result<Found, RedisError>]
    ) async {
        let asked = stretches.filter { $0.stretch.count > 0 }
        var answers = await redis.each(asked.count) { logs[asked[$0].log].read(asked[$0].stretch, $1) }[...]
        for (log, stretch) in stretches {
            let answer = stretch.count > 0 ? answers.popFirst() : nil
            do throws(RedisError) {
                let entries = try answer.map { answer throws(RedisError) in
                    try PartitionLog.entries(answer, of: stretch.room)
                }
                var partition = try found[log].get()
                partition.stretches.append((stretch, entries ?? []))
                found[log] = .success(partition)
            } catch {
                found[log] = .failure(error)
            }
        }
    }
}
