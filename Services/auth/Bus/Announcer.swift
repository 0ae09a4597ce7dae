import Bus
import Engine
import Hosting
import Redis
import Schema
import Tokens

/// Keeps public keys and live revocations in Redis: after each connect what is missing there, and once a
/// minute away with what has expired.
final class Announcer {
    private static let sweepMilliseconds = 60_000

    private let loop: EventLoop
    private let redis: RedisClient
    private let keys: KeyRing
    private let revocations: Revocations
    private let sessions: PostgresSessions
    private let log: Log
    private var isRunning = false
    private var mustRunAgain = false
    private var sweep: Timer?

    init(
        loop: EventLoop, redis: RedisClient, keys: KeyRing, revocations: Revocations,
        sessions: PostgresSessions,
        log: Log
    ) {
        self.loop = loop
        self.redis = redis
        self.keys = keys
        self.revocations = revocations
        self.sessions = sessions
        self.log = log
    }

    /// Begins; the key ring must have been loaded.
    func start() {
        announce()
        sweep = loop.scheduleRepeating(everyMilliseconds: Self.sweepMilliseconds) { [weak self] in
            self?.announce()
        }
    }

    func close() {
        sweep?.cancel()
        sweep = nil
    }

    /// Writes what Redis lacks; tries until it is there.
    func announce() {
        mustRunAgain = true
        guard !isRunning, keys.issuer != nil else { return }
        isRunning = true
        weak let this = self
        loop.spawn { await this?.run() }
    }

    private func run() async {
        while mustRunAgain {
            mustRunAgain = false
            do {
                try await announceKeys()
                try await announceRevocations()
            } catch {
                // Without Redis the next connect comes here again.
                mustRunAgain = redis.isConnected && sweep != nil
                log.debug("announcing waits", .error(error))
                await loop.sleep(milliseconds: 500)
            }
        }
        isRunning = false
    }

    private func announceKeys() async throws {
        let text = try keys.publicKeys.json()
        guard try await redis.call("GET", .text(Keys.authKeys)).bytes != text else { return }
        _ = try await redis.call("SET", .text(Keys.authKeys), .bytes(text))
        try await ControlLog.append(.keys, to: redis)
    }

    /// A process that loaded an emptied Redis has missed them: so each that was not there is told anew, too.
    private func announceRevocations() async throws {
        let now = WallClock.milliseconds() / 1000
        let flat = try await redis.call("HGETALL", .text(Keys.authRevoked)).array ?? []
        var known: [String: String] = [:]
        for index in stride(from: 0, to: flat.count - 1, by: 2) {
            if let field = flat[index].text { known[field] = flat[index + 1].text }
        }
        for revocation in try await revocations.live(now: now) {
            let field = revocation.field
            guard known.removeValue(forKey: field.name) != field.value else { continue }
            _ = try await redis.call("HSET", .text(Keys.authRevoked), .text(field.name), .text(field.value))
            try await ControlLog.append(.revoked(revocation), to: redis)
        }
        let expired = known.filter { (Revocation(field: $0.key, value: $0.value)?.expires ?? 0) <= now }.keys
        if !expired.isEmpty {
            _ = try await redis.call(["HDEL", .text(Keys.authRevoked)] + expired.map { .text($0) })
        }
        try await revocations.removeExpired(now: now)
        try await sessions.removeExpired(now: now)
    }
}
