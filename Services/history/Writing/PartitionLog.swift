import ArchiveFunctions
import Redis
import RoomFunctions
import Schema

/// What Redis has of one partition that the archive lacks, as the holder of the partition's lease uses it.
struct PartitionLog {
    let partition: Partition
    private let redis: RedisClient
    /// The lease's token: with another one in the lease, nothing here has an effect.
    private let token: RedisArgument
    private let lease: RedisArgument
    private let unstored: RedisArgument
    private let bytes: RedisArgument
    private let channel: RedisArgument
    private let deadLetters: RedisArgument
    private let logs: RedisArgument

    init(partition: Partition, token: String, redis: RedisClient) {
        self.partition = partition
        self.redis = redis
        self.token = .text(token)
        lease = .text(Keys.logLease(partition))
        unstored = .text(Keys.unstored(partition))
        bytes = .text(Keys.unstoredBytes(partition))
        channel = .text(Keys.storedChannel(partition))
        deadLetters = .text(Keys.logDead(partition))
        logs = .text(Keys.logs(partition))
    }

    // MARK: Reading

    // Anybody may read: who has lost the lease meanwhile is told so by PostgreSQL's fence, or by `stored`.

    /// Asks which rooms have something to store, those first that have waited longest.
    func rooms(_ count: Int, _ done: @escaping RedisClient.Done) {
        redis.call(["ZRANGE", unstored, "0", .int(Int64(max(count, 1) - 1))], done)
    }

    /// Reads the answer to `rooms`, and apart from them what are no rooms of this partition.
    func rooms(
        _ result: Result<RedisReply, RedisError>
    ) throws(RedisError) -> (rooms: [RoomID], strays: [[UInt8]]) {
        guard let names = try result.get().array else { throw .protocolViolation }
        var rooms: [RoomID] = []
        var strays: [[UInt8]] = []
        for name in names {
            guard let bytes = name.bytes else { throw .protocolViolation }
            if let room = name.text.flatMap(RoomID.init), room.partition == partition {
                rooms.append(room)
            } else {
                strays.append(bytes)
            }
        }
        return (rooms, strays)
    }

    /// Reads entries of a room, which stay until they are stored and for some time after: whoever has the lease begins with
    /// what its predecessor did not finish.
    func read(_ stretch: UnstoredStretch, _ done: @escaping RedisClient.Done) {
        redis.call(
            [
                "XRANGE", .text(Keys.recent(stretch.room)), .int(stretch.above + 1), "+", "COUNT",
                .int(Int64(stretch.count)),
            ], done)
    }

    /// Reads the seqs that follow: entries of the same epoch, as seqs jump between epochs.
    func readNext(_ stretch: UnstoredStretch, _ done: @escaping RedisClient.Done) {
        redis.call(
            [
                "XRANGE", .text(Keys.recent(stretch.room)), .int(stretch.above + 1),
                .int(stretch.above + Int64(stretch.count)),
            ], done)
    }

    /// Reads the answer to `read` or `readNext`; where the room's stream is spoilt, nothing is there.
    static func entries(
        _ result: Result<RedisReply, RedisError>, of room: RoomID
    ) throws(RedisError) -> [LogEntry] {
        if case .failure(let error) = result, error.code == "WRONGTYPE" { return [] }
        guard let replies = try result.get().array else { throw .protocolViolation }
        return replies.compactMap { LogEntry($0, of: room) }
    }

    // MARK: Writing

    /// Says what has been settled: moves how far each room is stored, lays dead letters aside, and tells who waits.
    ///
    /// `keep` seqs stay in a room's log all the same.
    func stored(
        _ reading: LogReading, dead: [DeadLetter], keep: Int, _ done: @escaping RedisClient.Done
    ) {
        let letters = PartitionLog.numbered(dead, in: reading.rooms)
        var arguments: [RedisArgument] = []
        arguments.reserveCapacity(5 + 4 * reading.rooms.count + 5 * letters.count + reading.strays.count)
        arguments += [
            token, .int(Int64(reading.bytes)), .int(Int64(keep)), .int(Int64(reading.rooms.count)),
            .int(Int64(letters.count)),
        ]
        for room in reading.rooms {
            arguments.append(.text(room.room.text))
            arguments.append(.text(room.epoch ?? ""))
            arguments.append(.int(room.seq))
            arguments.append(room.newestMilliseconds.map { .int($0) } ?? .text(""))
        }
        for (number, letter) in letters {
            arguments += [
                .int(Int64(number)), .int(letter.entry.seq), .text(letter.reason.rawValue),
                .text(letter.detail), .text(letter.position?.description ?? ""),
            ]
        }
        arguments += reading.strays.map { .bytes($0) }
        redis.function(
            ArchiveFunctions.stored, keys: [lease, unstored, bytes, channel, deadLetters],
            arguments: arguments, done)
    }

    /// Dead letters, each with which of the rooms it is of, from 1; mostly there are none to look for.
    private static func numbered(_ dead: [DeadLetter], in rooms: [LogReading.Room]) -> [(Int, DeadLetter)] {
        guard !dead.isEmpty else { return [] }
        var numbers: [RoomID: Int] = [:]
        for (index, room) in rooms.enumerated() { numbers[room.room] = index + 1 }
        return dead.compactMap { letter in numbers[letter.entry.room].map { ($0, letter) } }
    }

    /// Reads the answer to `stored`: how many rooms are left, and of how many Redis had lost what the archive lacked; nil where
    /// the lease is not ours.
    static func left(
        _ result: Result<RedisReply, RedisError>
    ) throws(RedisError) -> (rooms: Int, gone: Int)? {
        let reply = try result.get()
        guard reply[0].text == "ok" else { return nil }
        guard let left = reply[1].int, let gone = reply[2].int else { throw .protocolViolation }
        return (Int(clamping: left), Int(clamping: gone))
    }

    /// Looks at no more than so many rooms whose turn it is.
    ///
    /// Forgets the logs of those that have been silent since they were looked at before, so many seconds ago.
    func sweep(seconds: Int, most: Int, _ done: @escaping RedisClient.Done) {
        redis.function(
            ArchiveFunctions.sweep, keys: [lease, unstored, logs],
            arguments: [token, .int(Int64(seconds)), .int(Int64(most))], done)
    }

    /// Reads the answer to `sweep`: how many rooms were looked at; nil where the lease is not ours.
    static func swept(_ result: Result<RedisReply, RedisError>) throws(RedisError) -> Int? {
        let reply = try result.get()
        return reply[0].text == "ok" ? reply[1].int.map { Int(clamping: $0) } : nil
    }

    /// Takes over what a build before has left here; answers how many entries it found.
    func adopt(_ done: @escaping RedisClient.Done) {
        redis.function(
            ArchiveFunctions.adopt, keys: [.text(Keys.formerLog(partition)), unstored, logs], arguments: [],
            done)
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
