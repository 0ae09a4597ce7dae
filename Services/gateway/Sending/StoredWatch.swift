import Bus
import Engine
import Redis
import Schema

/// Waits for messages to be in the archive: hears of each commit, and looks after a while in case it was not heard.
///
/// Belongs to its loop. What is heard only says that it is time to look: the room's hash knows the dead letters too.
final class StoredWatch {
    typealias Tell = (Session, StoredStanding.Fate) -> Void

    private struct Waiting {
        let position: LogPosition
        /// Who waits; not kept alive by waiting, as the archive may be away for long.
        weak var session: Session?
        let tell: Tell
    }

    private let loop: EventLoop
    private let redis: RedisClient
    private let subscriber: Subscriber
    private var waiting: [RoomID: [Waiting]] = [:]
    private var partitions: Set<Partition> = []
    private var timer: Timer?

    private static let lookMilliseconds = 1_000

    init(loop: EventLoop, redis: RedisClient, subscriber: Subscriber) {
        self.loop = loop
        self.redis = redis
        self.subscriber = subscriber
    }

    /// Calls `tell` once what stands at this place is committed, if the session is still there.
    ///
    /// - Parameter isDue: whether it may be committed already, so that nobody tells of it any more.
    func wait(
        for position: LogPosition, in room: RoomID, isDue: Bool, on session: Session, _ tell: @escaping Tell
    ) {
        waiting[room, default: []].append(Waiting(position: position, session: session, tell: tell))
        listen(to: room.partition)
        if isDue { look(room) }
        guard timer == nil else { return }
        timer = loop.scheduleRepeating(everyMilliseconds: Self.lookMilliseconds) { [weak self] in
            self?.lookAll()
        }
    }

    /// The commits that were told while the connection was away have not been heard.
    func reconnected() { lookAll() }

    /// Tells those who wait for a message that it was not taken; returns who they are.
    func heard(of letter: DeadLetter) -> [Session] {
        settle(letter.room) { $0 == letter.position ? .dead : nil }
    }

    private func listen(to partition: Partition) {
        guard partitions.insert(partition).inserted else { return }
        subscriber.subscribe(Keys.storedChannel(partition), onMessage: { [weak self] in self?.received($0) })
        {
            [weak self] in
            guard let self else { return }
            for room in waiting.keys where room.partition == partition { look(room) }
        }
    }

    /// Reads what was told: `room epoch seq`.
    private func received(_ bytes: UnsafeRawBufferPointer) {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard words.count == 3, let room = RoomID(String(words[0])), let seq = Int64(words[2]),
            waiting[room]?.contains(where: { $0.position.seq <= seq }) == true
        else { return }
        look(room)
    }

    private func lookAll() {
        for (room, all) in waiting {
            let present = all.filter { $0.session != nil }
            waiting[room] = present.isEmpty ? nil : present
        }
        for room in waiting.keys { look(room) }
        guard waiting.isEmpty else { return }
        timer?.cancel()
        timer = nil
    }

    private func look(_ room: RoomID) {
        redis.call(["HMGET", .text(Keys.room(room))] + StoredStanding.fields) { [weak self] result in
            guard let self, let standing = (try? result.get()).flatMap(StoredStanding.init) else { return }
            settle(room, standing.fate)
        }
    }

    @discardableResult
    private func settle(_ room: RoomID, _ fate: (LogPosition) -> StoredStanding.Fate?) -> [Session] {
        guard let all = waiting[room] else { return [] }
        let rest = all.filter { fate($0.position) == nil }
        guard rest.count < all.count else { return [] }
        waiting[room] = rest.isEmpty ? nil : rest
        return all.compactMap { entry in
            guard let fate = fate(entry.position), let session = entry.session else { return nil }
            entry.tell(session, fate)
            return session
        }
    }
}
