import Engine
import Hosting
import Redis

/// Sweeps again and again while there is a Redis.
///
/// Belongs to its loop. A Redis that was away kept no leases alive: after it has come back gateways get the time to
/// renew theirs, or all of them would look dead.
final class Sweeper {
    private let loop: EventLoop
    private let sweep: Sweep
    private let intervalMilliseconds: Int
    private let graceMilliseconds: Int
    private var timer: Timer?
    private var isSweeping = false
    private var hasConnected = false
    /// Until then gateways may still be on their way back.
    private var waitsUntil: Instant?

    /// A lease is renewed each 5 s, and a client comes back within 5 s.
    static let grace = 10_000

    init(loop: EventLoop, sweep: Sweep, intervalMilliseconds: Int, graceMilliseconds: Int = grace) {
        self.loop = loop
        self.sweep = sweep
        self.intervalMilliseconds = intervalMilliseconds
        self.graceMilliseconds = graceMilliseconds
    }

    func start() {
        guard timer == nil else { return }
        timer = loop.scheduleRepeating(everyMilliseconds: intervalMilliseconds) { [weak self] in
            self?.tick()
        }
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }

    /// To be told of each connect.
    func connected() {
        if hasConnected { waitsUntil = loop.now.advanced(byMilliseconds: graceMilliseconds) }
        hasConnected = true
        tick()
    }

    private func tick() {
        guard timer != nil, !isSweeping, sweep.redis.isConnected else { return }
        if let waitsUntil, loop.now < waitsUntil { return }
        isSweeping = true
        loop.spawn { await self.sweepOnce() }
    }

    private func sweepOnce() async {
        do throws(RedisError) {
            try await sweep.run()
        } catch {
            sweep.metrics.failedSweeps.add()
            sweep.log.warn("sweep cut short", .error(error))
        }
        isSweeping = false
    }
}
