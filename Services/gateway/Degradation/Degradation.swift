import Bus
import Engine
import Hosting
import Redis
import Schema
import Web

/// Knows which parts of the service have failed, and says so once each time that changes.
///
/// Belongs to its loop. The bus is judged by this gateway's own connections; history and presence by the signals that
/// they leave in Redis each second (see `ServiceBeacon`), read in one command, which is the sign of life of Redis too.
final class Degradation {
    /// Called with a frame for everybody when a part has failed or is back.
    var onNotice: ((MessageFrame) -> Void)?
    /// What a new connection is told.
    private(set) var notices: [MessageFrame] = []
    /// Whether the gateway can do its work; slower to doubt than a notice is, so that no blip of Redis puts all
    /// gateways out of service at once.
    var isReady: Bool { !readiness.isDegraded }
    /// Whether some instance of history answers, be it with the newest messages only.
    var isHistoryAnswering: Bool { !answers.isDegraded }

    /// Whether some instance of history can read the archive itself.
    var isArchiveReadable: Bool { parts[.history]?.isDegraded == false }

    private let loop: EventLoop
    private let redis: RedisClient
    private let log: Log
    private let flags: [ServiceComponent: Flag]
    /// Whether channels and answers are heard.
    private let isHearing: () -> Bool

    private var parts: [ServiceComponent: DegradationState] = [
        .bus: DegradationState(.init(patience: 500, calm: 200, settling: 2_000)),
        .history: DegradationState(Degradation.services), .presence: DegradationState(Degradation.services),
    ]
    private var answers = DegradationState(Degradation.services)
    private var readiness = DegradationState(
        .init(patience: 1_500, calm: 0, settling: 0), isDegraded: true)

    private var ticker: Timer?
    private var asked: Instant?
    private var lastAsked: Instant?
    private var hasAnswered = false

    /// A service signals each second; after a return of Redis, or our own start, its signals need a moment to be there.
    private static let services = DegradationState.Pace(patience: 2_000, calm: 1_000, settling: 6_000)
    private static let tickMilliseconds = 100
    private static let lookMilliseconds = 1_000
    /// An answer that takes longer shows that Redis pauses.
    private static let overdueMilliseconds = 700

    init(
        loop: EventLoop, redis: RedisClient, log: Log, metrics: Registry, isHearing: @escaping () -> Bool
    ) {
        self.loop = loop
        self.redis = redis
        self.log = log
        self.isHearing = isHearing
        var flags: [ServiceComponent: Flag] = [:]
        for component in ServiceComponent.allCases {
            flags[component] = metrics.flag(
                "parley_gateway_degraded", help: "1 while clients are told that this part has failed.",
                labels: ["component": component.rawValue])
        }
        self.flags = flags
    }

    func start() {
        ticker = loop.scheduleRepeating(everyMilliseconds: Self.tickMilliseconds) { [weak self] in
            self?.tick()
        }
    }

    func stop() {
        ticker?.cancel()
        onNotice = nil
    }

    private func tick() {
        let now = loop.now
        ask(now)
        let isUp = redis.isConnected && isAnswering(now) && isHearing()
        note(.bus, isUp: isUp)
        _ = readiness.looked(isUp: isUp, at: now)
    }

    private func isAnswering(_ now: Instant) -> Bool {
        guard let asked else { return hasAnswered }
        return hasAnswered && now.milliseconds(since: asked) < Self.overdueMilliseconds
    }

    /// Each second, and as often as looks are made while Redis has not answered since it came back.
    private func ask(_ now: Instant) {
        let isDue = lastAsked.map { now.milliseconds(since: $0) >= Self.lookMilliseconds } ?? true
        guard asked == nil, redis.isConnected, isDue || !hasAnswered else { return }
        asked = now
        lastAsked = now
        let keys = [Keys.alive("history"), Keys.alive("presence"), Keys.answering("history")]
        redis.call(["MGET"] + keys.map { .text($0) }) { [weak self] in self?.answered($0) }
    }

    private func answered(_ result: Result<RedisReply, RedisError>) {
        asked = nil
        guard case .success(let reply) = result else {
            hasAnswered = false
            parts[.history]?.blind()
            parts[.presence]?.blind()
            return answers.blind()
        }
        hasAnswered = true
        note(.history, isUp: !reply[0].isNull)
        note(.presence, isUp: !reply[1].isNull)
        _ = answers.looked(isUp: !reply[2].isNull, at: loop.now)
    }

    private func note(_ component: ServiceComponent, isUp: Bool) {
        switch parts[component]?.looked(isUp: isUp, at: loop.now) {
        case .degraded?: tell(component, ServiceDegraded(component), isDegraded: true)
        case .restored?: tell(component, ServiceRestored(component), isDegraded: false)
        case nil: break
        }
    }

    private func tell(_ component: ServiceComponent, _ payload: some Payload, isDegraded: Bool) {
        let fields: LogField = ["component": .string(component.rawValue)]
        // Each loop judges for itself; what all say is logged once.
        if isDegraded {
            if flags[component]?.raise() == true { log.warn("service degraded", fields) }
        } else {
            if flags[component]?.lower() == true { log.info("service restored", fields) }
        }
        notices = ServiceComponent.allCases.filter { parts[$0]?.isDegraded == true }.map {
            MessageFrame(text: ServerFrame.bytes(ServiceDegraded($0)))
        }
        onNotice?(MessageFrame(text: ServerFrame.bytes(payload)))
    }
}
