import Engine
import Redis
import Schema
import Web

/// A loop's part in knowing which parts of the service have failed: it looks at its own connections to Redis and at the
/// signals that lie there, and tells its clients what the gateway makes of what all loops see.
///
/// Belongs to its loop. The signals are read each second in one command (see `ServiceBeacon`), which is the sign of life
/// of Redis too; a `PING` before it tells of a Redis that can be read and not written. What holds here is what the last
/// mail said: a refusal never comes before the notice that explains it.
final class Degradation {
    /// Called with a frame for everybody when a part has failed or is back.
    var onNotice: ((MessageFrame) -> Void)?
    /// What a new connection is told.
    private(set) var notices: [MessageFrame] = []
    /// Whether the gateway can do its work.
    var isReady: Bool { verdict.isReady }
    /// Whether some instance of history answers, be it with the newest messages only.
    var isHistoryAnswering: Bool { verdict.isHistoryAnswering }
    /// Whether some instance of history can read the archive itself.
    var isArchiveReadable: Bool { !verdict.failed.contains(.history) }

    private let index: Int
    private let loop: EventLoop
    private let redis: RedisClient
    private let judgement: SharedJudgement
    /// Whether channels and answers are heard.
    private let isHearing: () -> Bool
    private var verdict = Verdict()

    private var ticker: Timer?
    private var isStopped = false
    private var asked: Instant?
    private var lastAsked: Instant?
    private var hasAnswered = false
    /// Whether Redis, asked last, refuses what is written.
    private var isRefusing = false

    private static let tickMilliseconds = 100
    private static let lookMilliseconds = 1_000
    /// Where nothing is heard for longer, an answer being due, Redis pauses.
    private static let overdueMilliseconds = 700

    init(
        index: Int, loop: EventLoop, redis: RedisClient, judgement: SharedJudgement,
        isHearing: @escaping () -> Bool
    ) {
        self.index = index
        self.loop = loop
        self.redis = redis
        self.judgement = judgement
        self.isHearing = isHearing
    }

    func start() {
        heard(judgement.join(index, Addressee(self, on: loop)))
        ticker = loop.scheduleRepeating(everyMilliseconds: Self.tickMilliseconds) { [weak self] in
            self?.tick()
        }
    }

    func stop() {
        ticker?.cancel()
        isStopped = true
        onNotice = nil
        judgement.leave(index)
    }

    /// The gateway has a new verdict.
    func heard(_ verdict: Verdict) {
        let changes = verdict.changes(since: self.verdict)
        self.verdict = verdict
        guard !changes.isEmpty else { return }
        notices = ServiceComponent.allCases.filter(verdict.failed.contains).map {
            MessageFrame(text: ServerFrame.bytes(ServiceDegraded($0)))
        }
        for change in changes { onNotice?(frame(of: change)) }
    }

    private func frame(of change: Verdict.Change) -> MessageFrame {
        change.hasFailed
            ? MessageFrame(text: ServerFrame.bytes(ServiceDegraded(change.component)))
            : MessageFrame(text: ServerFrame.bytes(ServiceRestored(change.component)))
    }

    // MARK: Looking

    private func tick() {
        let now = loop.now
        ask(now)
        let isAnswering = hasAnswered && Self.isHeard(redis.lastHeard, since: asked, at: now)
        let isBusUp = redis.isConnected && isAnswering && isHearing()
        judgement.judge { $0.looked(index, isBusUp: isBusUp, at: now) }
    }

    /// Whether Redis, asked so long ago or not at all, shows by any answer that it is there: it may have much to answer
    /// before that.
    static func isHeard(_ heard: Instant?, since asked: Instant?, at now: Instant) -> Bool {
        guard let asked else { return true }
        return now.milliseconds(since: max(asked, heard ?? asked)) < overdueMilliseconds
    }

    /// Each second, and as often as looks are made while Redis has not answered since it came back.
    private func ask(_ now: Instant) {
        let isDue = lastAsked.map { now.milliseconds(since: $0) >= Self.lookMilliseconds } ?? true
        guard asked == nil, redis.isConnected, isDue || !hasAnswered else { return }
        asked = now
        lastAsked = now
        // Answered with an error where Redis cannot write its file; reads go on then as if nothing had happened.
        redis.call(["PING"]) { [weak self] in self?.isRefusing = (try? $0.get()) == nil }
        let keys = [Keys.alive("history"), Keys.alive("presence"), Keys.answering("history")]
        redis.call(["MGET"] + keys.map { .text($0) }) { [weak self] in self?.answered($0) }
    }

    private func answered(_ result: Result<RedisReply, RedisError>) {
        asked = nil
        guard !isStopped else { return }
        // What nobody can write tells nothing by being absent.
        guard case .success(let reply) = result, !isRefusing else {
            hasAnswered = false
            return judgement.judge { $0.readNothing(index, at: loop.now) }
        }
        hasAnswered = true
        let signals = Judgement.Signals(
            history: !reply[0].isNull, presence: !reply[1].isNull, historyAnswers: !reply[2].isNull)
        judgement.judge { $0.read(index, signals, at: loop.now) }
    }
}
