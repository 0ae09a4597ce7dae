import Engine
import Hosting
import Redis

/// Asks Redis each second how full it is; one loop does so for all of a gateway.
///
/// Belongs to its loop.
final class BusMemoryWatch {
    private let loop: EventLoop
    private let redis: RedisClient
    private let memory: BusMemory
    private let log: Log
    private var ticker: Timer?
    private var isAsking = false

    private static let lookMilliseconds = 1_000

    init(loop: EventLoop, redis: RedisClient, memory: BusMemory, log: Log) {
        self.loop = loop
        self.redis = redis
        self.memory = memory
        self.log = log
    }

    func start() {
        ticker = loop.scheduleRepeating(everyMilliseconds: Self.lookMilliseconds) { [weak self] in
            self?.ask()
        }
    }

    func stop() { ticker?.cancel() }

    /// What was known stands while Redis does not answer this loop: the bound itself is Redis' own.
    private func ask() {
        guard !isAsking, redis.isConnected else { return }
        isAsking = true
        redis.call(["INFO", "memory"]) { [weak self] answer in
            guard let self else { return }
            isAsking = false
            if let use = (try? answer.get()).flatMap({ BusMemory.Use($0) }) { heard(use) }
        }
    }

    private func heard(_ use: BusMemory.Use) {
        guard memory.heard(use) else { return }
        let fields: LogField = ["used": .int(use.used), "maxmemory": .int(use.most)]
        if memory.isFull {
            log.warn("redis is nearly full: messages are refused", fields)
        } else {
            log.info("redis has room again: messages are taken", fields)
        }
    }
}
