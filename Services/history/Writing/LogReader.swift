import Redis
import Schema

/// Reads what the archive lacks of several partitions: which rooms, how far each is, then their entries.
///
/// Four writes to Redis at most, however many rooms there are. Of most rooms little is there, above what was settled last:
/// that is read without asking how far they are. Belongs to its loop.
struct LogReader {
    private let redis: RedisClient

    /// The most entries of a room that are read before it is asked how far it is.
    static let mostAhead = 64

    init(redis: RedisClient) { self.redis = redis }

    /// A partition to read.
    struct Source {
        let log: PartitionLog
        /// What is known to be settled of its rooms: what stands above that is not.
        var settled: [RoomID: Int64] = [:]
    }

    /// What was found of a partition.
    struct Found {
        var stretches: [(stretch: UnstoredStretch, entries: [LogEntry])] = []
        /// What stands among its rooms and is none of them.
        var strays: [[UInt8]] = []

        var isEmpty: Bool { stretches.isEmpty && strays.isEmpty }
    }

    /// Reads at most so many entries of each partition; what became of each, in order.
    func read(_ sources: [Source], most: Int) async -> [Result<Found, RedisError>] {
        let names = await redis.each(sources.count) { sources[$0].log.rooms(most, $1) }
        var found: [Result<Found, RedisError>] = []
        var parts: [Part] = []
        for (index, (source, answer)) in zip(sources, names).enumerated() {
            found.append(
                Result { () throws(RedisError) in
                    let names = try source.log.rooms(answer)
                    let share = min(most / max(names.rooms.count, 1), LogReader.mostAhead)
                    parts += names.rooms.map { Part($0, of: index, above: source.settled[$0], ahead: share) }
                    return Found(strays: names.strays)
                })
        }
        await readAhead(&parts, of: sources, &found)
        await ask(&parts, most: most, &found)
        await readOn(&parts, of: sources, &found)
        var stretches = Array(repeating: Found().stretches, count: found.count)
        for part in parts where part.isTaken { stretches[part.source].append((part.stretch, part.entries)) }
        return zip(found, stretches).map { found, stretches in
            found.map { Found(stretches: stretches, strays: $0.strays) }
        }
    }

    /// Reads what little there may be of rooms that are known.
    private func readAhead(
        _ parts: inout [Part], of sources: [Source], _ found: inout [Result<Found, RedisError>]
    ) async {
        let known = parts.indices.filter { parts[$0].next.count > 0 }
        let asked = parts
        let answers = await redis.each(known.count) { number, done in
            let part = asked[known[number]]
            sources[part.source].log.readNext(part.next, done)
        }
        for (index, answer) in zip(known, answers) {
            let count = parts[index].next.count
            guard let entries = entries(answer, of: parts[index], &found) else { continue }
            parts[index].entries = entries
            // As many as were asked for: there may be more. None at all: it is elsewhere, or lost.
            parts[index].isWhole = !entries.isEmpty && entries.count < count
        }
    }

    /// Asks how far the other rooms are, and plans what to read of each.
    private func ask(
        _ parts: inout [Part], most: Int, _ found: inout [Result<Found, RedisError>]
    ) async {
        let unsure = parts.indices.filter { !parts[$0].isWhole }
        let rooms = unsure.map { parts[$0].stretch.room }
        let answers = await redis.each(unsure.count) { redis.call(UnstoredRoom.question(rooms[$0]), $1) }
        var left = Array(repeating: most, count: found.count)
        for part in parts { left[part.source] -= part.entries.count }
        for (index, answer) in zip(unsure, answers) {
            let part = parts[index]
            do throws(RedisError) {
                let room = try UnstoredRoom(answer, of: part.stretch.room, readTo: part.entries.last?.id.seq)
                parts[index].plan(room, &left[part.source])
            } catch {
                found[part.source] = .failure(error)
            }
        }
    }

    private func readOn(
        _ parts: inout [Part], of sources: [Source], _ found: inout [Result<Found, RedisError>]
    ) async {
        let more = parts.indices.filter { parts[$0].isPlanned && parts[$0].next.count > 0 }
        let asked = parts
        let answers = await redis.each(more.count) { number, done in
            let part = asked[more[number]]
            sources[part.source].log.read(part.next, done)
        }
        for (index, answer) in zip(more, answers) {
            parts[index].entries += entries(answer, of: parts[index], &found) ?? []
        }
    }

    private func entries(
        _ answer: Result<RedisReply, RedisError>, of part: Part, _ found: inout [Result<Found, RedisError>]
    ) -> [LogEntry]? {
        do throws(RedisError) {
            return try PartitionLog.entries(answer, of: part.stretch.room)
        } catch {
            found[part.source] = .failure(error)
            return nil
        }
    }
}

/// What is read of a room.
private struct Part {
    /// The number of its partition among those that are read.
    let source: Int
    /// What is read first, from where all of it begins.
    private(set) var stretch: UnstoredStretch
    /// What is to be read next: at first nothing of a room of which nobody knows how far it is.
    private(set) var next: UnstoredStretch
    var entries: [LogEntry] = []
    /// Whether there is no more, as far as one can tell.
    var isWhole = false
    /// Whether it was asked how far the room is.
    private(set) var isPlanned = false

    /// A single entry asked for would always leave the question whether there are more.
    init(_ room: RoomID, of source: Int, above: Int64?, ahead: Int) {
        self.source = source
        next = UnstoredStretch(room: room, above: above ?? 0, count: above == nil || ahead < 2 ? 0 : ahead)
        stretch = next
    }

    /// Whether anything is to be said of the room: what was read, or that all of it is settled.
    var isTaken: Bool { isPlanned || !entries.isEmpty }

    /// Plans what to read of a room that is this far, where so many more entries may be read of its partition.
    mutating func plan(_ room: UnstoredRoom, _ left: inout Int) {
        guard let planned = UnstoredStretch.next(room, &left) else { return }
        (next, isPlanned) = (planned, true)
        if entries.isEmpty { stretch = next }
    }
}
