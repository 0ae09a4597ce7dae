import Bus
import Engine
import Hosting
import Redis
import Schema

/// Who wants to know when a message is in the archive.
protocol StoredListener: AnyObject {
    func settled(_ wait: StoredWait, _ fate: StoredStanding.Fate)
}

/// What is kept of a message until the archive has it: what the answer needs, and nothing of its content, as the archive
/// may be away for long.
struct StoredWait {
    let room: RoomID
    let receipt: MessageReceipt
    let replyID: ReplyID?

    var position: LogPosition { receipt.position }
}

/// Waits for messages to be in the archive: hears of each commit, and looks after a while in case it was not heard.
///
/// Belongs to its loop. What is heard only says that it is time to look: the room's hash knows the dead letters too. What
/// it does not know any more, as Redis was set back meanwhile, the archive is asked about.
final class StoredWatch {
    private struct Waiting {
        let wait: StoredWait
        let owner: ObjectIdentifier
        /// Not kept alive by waiting.
        weak var listener: (any StoredListener)?
    }

    /// Whether the archive can be read now.
    var isArchiveReadable: () -> Bool = { true }

    private let loop: EventLoop
    private let redis: RedisClient
    private let channels: ChannelExchange
    private let archive: ArchivePages
    private let metrics: GatewayMetrics
    private var waiting: [RoomID: [Waiting]] = [:]
    private var counts: [ObjectIdentifier: Int] = [:]
    /// Those of all loops together.
    private let bound: WaitingCount
    private(set) var count = 0
    /// The rooms that the archive is asked about.
    private var asking: Set<RoomID> = []
    private var partitions: Set<Partition> = []
    private var timer: Timer?
    private lazy var round = Slices<RoomID>(loop: loop) { [weak self] in self?.visit($0) }
    /// Whether this round looks even while the archive is away.
    private var isAfterReconnect = false

    private static let lookMilliseconds = 1_000
    /// How many messages may wait on one connection, and how many on all loops together; those that are on their way to Redis
    /// come on top, which have a bound of their own.
    static let mostOfOne = 1_000
    static let mostOfAll = 100_000
    /// How many rooms the archive may be asked about at a time, and each how long.
    private static let mostQuestions = 16
    private static let questionMilliseconds = 2_500

    init(
        loop: EventLoop, redis: RedisClient, channels: ChannelExchange, archive: ArchivePages,
        bound: WaitingCount, metrics: GatewayMetrics
    ) {
        self.loop = loop
        self.redis = redis
        self.channels = channels
        self.archive = archive
        self.bound = bound
        self.metrics = metrics
    }

    /// Whether one more of theirs may wait.
    func admits(_ listener: any StoredListener) -> Bool {
        !bound.isFull && counts[ObjectIdentifier(listener), default: 0] < Self.mostOfOne
    }

    /// Tells the listener, if it is still there, once it is known what became of this message.
    ///
    /// - Parameter isDue: whether it may be committed already, so that nobody tells of it any more.
    func wait(_ wait: StoredWait, isDue: Bool, on listener: any StoredListener) {
        let owner = ObjectIdentifier(listener)
        waiting[wait.room, default: []].append(Waiting(wait: wait, owner: owner, listener: listener))
        counts[owner, default: 0] += 1
        counted(1)
        listen(to: wait.room.partition)
        if isDue { look(wait.room) }
        guard timer == nil else { return }
        timer = loop.scheduleRepeating(everyMilliseconds: Self.lookMilliseconds) { [weak self] in
            self?.lookAgain()
        }
    }

    /// The commits that were told while the connection was away have not been heard.
    func reconnected() {
        isAfterReconnect = true
        round.begin(Array(waiting.keys))
    }

    /// Tells those who wait for a message that it was not taken; returns who they are.
    func heard(of letter: DeadLetter) -> [any StoredListener] {
        settle(letter.room) { $0 == letter.position ? .dead : nil }
    }

    // MARK: Hearing and looking

    private func listen(to partition: Partition) {
        guard partitions.insert(partition).inserted else { return }
        channels.subscribe(Keys.storedChannel(partition), onMessage: { [weak self] in self?.received($0) }) {
            [weak self] in
            guard let self else { return }
            isAfterReconnect = true
            round.add(waiting.keys.filter { $0.partition == partition })
        }
    }

    /// Reads what was told: a line `room epoch seq` for each room of a commit.
    private func received(_ bytes: UnsafeRawBufferPointer) {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, let room = RoomID(String(words[0])), let seq = Int64(words[2]),
                waiting[room]?.contains(where: { $0.wait.position.seq <= seq }) == true
            else { continue }
            look(room)
        }
    }

    private func lookAgain() {
        guard !waiting.isEmpty else {
            timer?.cancel()
            timer = nil
            return
        }
        guard round.isDone else { return }
        isAfterReconnect = false
        round.begin(Array(waiting.keys))
    }

    /// Looks at a room in its turn: while the archive is away nothing gets settled but what was not heard before.
    private func visit(_ room: RoomID) {
        take(room) { $0.listener == nil }
        guard waiting[room] != nil, isAfterReconnect || isArchiveReadable() else { return }
        look(room)
    }

    private func look(_ room: RoomID) {
        redis.call(["HMGET", .text(Keys.room(room))] + StoredStanding.fields) { [weak self] result in
            guard let self, let standing = (try? result.get()).flatMap(StoredStanding.init) else { return }
            var unclear: Set<LogPosition> = []
            settle(room) { position in
                switch standing.verdict(of: position) {
                case .settled(let fate): return fate
                case .pending: return nil
                case .unclear:
                    unclear.insert(position)
                    return nil
                }
            }
            if !unclear.isEmpty { ask(room, about: unclear) }
        }
    }

    // MARK: What only the archive can tell

    /// Asks for a page of them; for the rest, and without an answer, at the next look.
    private func ask(_ room: RoomID, about places: Set<LogPosition>) {
        guard let first = places.map(\.seq).min(), isArchiveReadable(), asking.count < Self.mostQuestions,
            asking.insert(room).inserted
        else { return }
        metrics.archivePages.add()
        loop.spawn {
            let page = try? await self.archive.following(
                first - 1, of: room, timeoutMilliseconds: Self.questionMilliseconds)
            self.asking.remove(room)
            guard let found = page.map(ArchivedPlaces.init) else { return }
            self.settle(room) { places.contains($0) ? found.fate(of: $0) : nil }
        }
    }

    // MARK: Telling

    @discardableResult
    private func settle(
        _ room: RoomID, _ fate: (LogPosition) -> StoredStanding.Fate?
    ) -> [any StoredListener] {
        var fates: [StoredStanding.Fate] = []
        let settled = take(room) { entry in
            guard let fate = fate(entry.wait.position) else { return false }
            fates.append(fate)
            return true
        }
        return zip(settled, fates).compactMap { entry, fate in
            if fate == .lost { metrics.lost.add() }
            guard let listener = entry.listener else { return nil }
            listener.settled(entry.wait, fate)
            return listener
        }
    }

    /// Takes those out that wait no longer, and returns them in their order.
    @discardableResult
    private func take(_ room: RoomID, where isOver: (Waiting) -> Bool) -> [Waiting] {
        guard let all = waiting[room] else { return [] }
        var (over, rest): ([Waiting], [Waiting]) = ([], [])
        for entry in all {
            if isOver(entry) { over.append(entry) } else { rest.append(entry) }
        }
        guard !over.isEmpty else { return [] }
        waiting[room] = rest.isEmpty ? nil : rest
        for entry in over {
            let count = counts[entry.owner, default: 1] - 1
            counts[entry.owner] = count > 0 ? count : nil
        }
        counted(-over.count)
        return over
    }

    private func counted(_ change: Int) {
        count += change
        bound.add(change)
    }
}
