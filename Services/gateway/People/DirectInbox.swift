import Engine
import Hosting
import Redis
import Schema

/// What the users here are told: heard on their channels, and read where a channel was not heard.
///
/// Belongs to its loop. A channel says nothing of what was told before it was confirmed; that stands in a stream for a
/// while. What is heard and read is passed on once.
final class DirectInbox {
    /// Called with each notice, in order.
    var onNotice: ((UserHandle, UserNotice) -> Void)?

    private let loop: EventLoop
    private let redis: RedisClient
    private let log: Log
    private var hearing = DirectHearing()
    private var isPausing = false

    private static let page = 100
    private static let pauseMilliseconds = 500
    /// Our idea of Redis' clock is of some seconds ago; what was told a moment before somebody came does no harm.
    static let clockMilliseconds: Int64 = 1_000

    init(loop: EventLoop, redis: RedisClient, log: Log) {
        self.loop = loop
        self.redis = redis
        self.log = log
    }

    /// The user has a connection here from now on.
    func begin(_ user: UserHandle) {
        let now = WallClock.milliseconds() &+ redis.clockOffset &- Self.clockMilliseconds
        hearing.begin(user, after: StreamID(milliseconds: UInt64(clamping: now)))
    }

    func end(_ user: UserHandle) { hearing.end(user) }

    /// The user's channel is heard from now on.
    func confirmed(_ user: UserHandle) {
        hearing.confirmed(user)
        readOn()
    }

    /// A notice came on the user's channel.
    func heard(_ user: UserHandle, _ notice: UserNotice) {
        if hearing.heard(user, notice.entry) { onNotice?(user, notice) }
    }

    private func readOn() {
        while !isPausing, let reading = hearing.next() { read(reading) }
    }

    private func read(_ reading: DirectHearing.Reading) {
        let key = Keys.directNotices(reading.user)
        redis.call(["XRANGE", .text(key), .text("(\(reading.after)"), "+", "COUNT", RedisArgument(Self.page)])
        {
            [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let reply): found(StreamEntry.list(reply) ?? [], by: reading)
            case .failure(let error):
                log.debug("notices not read yet", .user(reading.user.text), .error(error))
                hearing.failed(reading)
                pause()
            }
            readOn()
        }
    }

    private func found(_ entries: [StreamEntry], by reading: DirectHearing.Reading) {
        let last = entries.last.flatMap { StreamID($0.id) }
        guard hearing.read(reading, upTo: last, isAll: entries.count < Self.page) else { return }
        for notice in entries.compactMap(UserNotice.init) { onNotice?(reading.user, notice) }
    }

    /// Redis does not answer: it will not answer for the next one either.
    private func pause() {
        guard !isPausing else { return }
        isPausing = true
        loop.schedule(afterMilliseconds: Self.pauseMilliseconds) { [weak self] in
            self?.isPausing = false
            self?.readOn()
        }
    }
}
