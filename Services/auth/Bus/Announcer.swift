import Bus
import Engine
import Hosting
import MembershipFunctions
import Redis
import Schema
import Tokens

/// Keeps public keys and live revocations in Redis, and vouches for them with the run of Redis in `auth:run`.
///
///     after each connect, and where a look each second finds no word of ours in `auth:run`
///         ──► keys, revocations ──► `reload` in control:log ──► auth:run
///     each minute ──► what other instances have revoked, away with what has expired
///
/// What is missing there was lost: by a restart with an older file, by a failover, by FLUSHALL, which leaves the run
/// and all connections as they are.
final class Announcer {
    private static let lookMilliseconds = 1_000
    private static let sweepMilliseconds = 60_000
    /// Stands in `auth:run` while we write: that it is still there afterwards shows that nothing was flushed meanwhile.
    private static let underWay: RedisArgument = "-"

    private let loop: EventLoop
    private let redis: RedisClient
    private let keys: KeyRing
    private let authority: Authority
    private let revocations: Revocations
    private let sessions: PostgresSessions
    private let log: Log
    private let metrics: AuthMetrics
    private var isRunning = false
    private var mustRunAgain = false
    /// Whether this process knows all revocations; then Redis gets them without PostgreSQL, too.
    private var hasRead = false
    private var timers: [Timer] = []

    init(
        loop: EventLoop, redis: RedisClient, keys: KeyRing, authority: Authority, revocations: Revocations,
        sessions: PostgresSessions, log: Log, metrics: AuthMetrics
    ) {
        self.loop = loop
        self.redis = redis
        self.keys = keys
        self.authority = authority
        self.revocations = revocations
        self.sessions = sessions
        self.log = log
        self.metrics = metrics
    }

    /// Begins; the key ring must have been loaded.
    func start() {
        announce()
        timers = [
            loop.scheduleRepeating(everyMilliseconds: Self.lookMilliseconds) { [weak self] in self?.look() },
            loop.scheduleRepeating(everyMilliseconds: Self.sweepMilliseconds) { [weak self] in self?.sweep()
            },
        ]
    }

    func close() {
        for timer in timers { timer.cancel() }
        timers = []
    }

    /// Writes what Redis lacks; tries until it is there.
    func announce() {
        mustRunAgain = true
        guard !isRunning, keys.issuer != nil else { return }
        isRunning = true
        weak let this = self
        loop.spawn { await this?.run() }
    }

    private func look() {
        guard redis.isConnected else { return }
        redis.call(["GET", .text(Keys.authRun)]) { [weak self] result in
            guard let self, case .success(let reply) = result, reply.text != redis.runID else { return }
            announce()
        }
    }

    private func sweep() {
        weak let this = self
        loop.spawn { await this?.sweepOnce() }
    }

    private func sweepOnce() async {
        do {
            try await read()
            try await revocations.removeExpired(now: now)
            try await sessions.removeExpired(now: now)
        } catch {
            log.warn("sweep failed", .error(error))
        }
        announce()
    }

    private func run() async {
        while mustRunAgain {
            mustRunAgain = false
            do {
                if !hasRead { try await read() }
                try await write()
            } catch {
                // Without Redis the next connect comes here again.
                mustRunAgain = redis.isConnected && !timers.isEmpty
                log.debug("announcing waits", .error(error))
                await loop.sleep(milliseconds: 200)
            }
        }
        isRunning = false
    }

    /// Learns what is revoked from PostgreSQL.
    private func read() async throws {
        for revocation in try await revocations.live(now: now) { authority.hear(.revoked(revocation)) }
        hasRead = true
    }

    private func write() async throws {
        guard let run = redis.runID else { throw RedisError.unavailable }
        let isVouched = try await redis.call("GET", .text(Keys.authRun)).text == run
        if !isVouched { _ = try await redis.call("SET", .text(Keys.authRun), Self.underWay) }
        try await writeKeys()
        try await writeRevocations()
        if !isVouched { try await vouch(for: run) }
    }

    private func writeKeys() async throws {
        let text = try keys.publicKeys.json()
        guard try await redis.call("GET", .text(Keys.authKeys)).bytes != text else { return }
        _ = try await redis.call("SET", .text(Keys.authKeys), .bytes(text))
        try await ControlLog.append(.keys, to: redis)
    }

    private func writeRevocations() async throws {
        let flat = try await redis.call("HGETALL", .text(Keys.authRevoked)).array ?? []
        var known: [String: String] = [:]
        for index in stride(from: 0, to: flat.count - 1, by: 2) {
            if let field = flat[index].text { known[field] = flat[index + 1].text }
        }
        for revocation in authority.revocationsInForce {
            let field = revocation.field
            guard known.removeValue(forKey: field.name) != field.value else { continue }
            try await write(revocation)
        }
        let expired = known.filter { (Revocation(field: $0.key, value: $0.value)?.expires ?? 0) <= now }.keys
        if !expired.isEmpty {
            _ = try await redis.call(["HDEL", .text(Keys.authRevoked)] + expired.map { .text($0) })
        }
    }

    /// Of what stands there already the more holds, as another auth, or we, may have ended more.
    ///
    /// A process that loaded an emptied Redis has missed it: so it is told anew, too.
    private func write(_ revocation: Revocation) async throws {
        let field = revocation.field
        let reply = try await redis.function(
            ControlFunctions.revoke, keys: [.text(Keys.authRevoked)],
            arguments: [.text(field.name), .text(field.value)])
        let newest = reply[0].text.flatMap { Revocation(field: field.name, value: $0) } ?? revocation
        if newest != revocation { authority.hear(.revoked(newest)) }
        if reply[1].int == 1 { try await ControlLog.append(.revoked(newest), to: redis) }
    }

    /// Tells everybody first: who dies in between is followed by one who does it again.
    private func vouch(for run: RunID) async throws {
        guard run == redis.runID else { throw RedisError.disconnected }
        try await ControlLog.append(.reload, to: redis)
        let reply = try await redis.call("SET", .text(Keys.authRun), .text(run), "XX")
        // Emptied while we wrote: from the beginning.
        guard !reply.isNull else { return mustRunAgain = true }
        metrics.vouched.add()
        log.info("vouching for this Redis", ["run": .string(run)])
    }

    private var now: Int64 { WallClock.milliseconds() / 1000 }
}
