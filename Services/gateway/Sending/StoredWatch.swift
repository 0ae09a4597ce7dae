import Bus
import Engine
import Redis
import Schema

/// Waits for messages to be in the archive: hears of each commit, and looks after a while in case it was not heard.
///
/// Belongs to its loop.
final class StoredWatch {
    private struct Waiting {
        let position: LogPosition
        /// Who waits; not kept alive by waiting, as the archive may be away for long.
        weak var session: Session?
        let tell: (Session) -> Void
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
    func wait(
        for position: LogPosition, in room: RoomID, on session: Session, _ tell: @escaping (Session) -> Void
    ) {
        waiting[room, default: []].append(Waiting(position: position, session: session, tell: tell))
        listen(to: room.partition)
        guard timer == nil else { return }
        timer = loop.scheduleRepeating(everyMilliseconds: Self.lookMilliseconds) { [weak self] in
            self?.lookAll()
        }
    }

    /// The commits that were told while the connection was away have not been heard.
    func reconnected() { lookAll() }

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
        guard words.count == 3, let room = RoomID(String(words[0])), let seq = Int64(words[2]) else { return }
        settle(room, epoch: String(words[1]), stored: seq)
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
        redis.call(["HMGET", .text(Keys.room(room)), "epoch", "stored", "epochs"]) { [weak self] result in
            guard let reply = try? result.get(), let epoch = reply[0].text, let stored = reply[1].int else {
                return
            }
            self?.settle(room, epoch: epoch, stored: stored)
            for past in RoomStanding.PastEpoch.list(reply[2].text ?? "") {
                // What the epoch's end in Redis does not reach was lost with it, and is never stored.
                self?.settle(room, epoch: past.epoch, stored: min(past.last, stored))
            }
        }
    }

    private func settle(_ room: RoomID, epoch: String, stored: Int64) {
        guard let all = waiting[room] else { return }
        let done = all.filter { $0.position.epoch == epoch && $0.position.seq <= stored }
        guard !done.isEmpty else { return }
        let rest = all.filter { !($0.position.epoch == epoch && $0.position.seq <= stored) }
        waiting[room] = rest.isEmpty ? nil : rest
        for entry in done { entry.session.map(entry.tell) }
    }
}
