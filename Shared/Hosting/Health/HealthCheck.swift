import Engine

/// One dependency's check: run at most once at a time, and waited for no longer than its bound.
///
/// Lives on a loop. A check that hangs is not started again: it counts as failed until it ends.
final class HealthCheck {
    private enum State {
        case idle
        case running([CheckedContinuation<HealthReport.Check, Never>])
        case overdue
    }

    private let name: String
    private let loop: EventLoop
    private let bound: Int
    private let body: nonisolated(nonsending) () async throws -> Void
    private var state = State.idle
    private var began = ContinuousClock.now
    private var latest: HealthReport.Check?

    init(
        _ name: String, loop: EventLoop, boundMilliseconds: Int,
        body: nonisolated(nonsending) @escaping () async throws -> Void
    ) {
        self.name = name
        self.loop = loop
        bound = boundMilliseconds
        self.body = body
    }

    /// Starts a run unless one goes on.
    func start() {
        guard case .idle = state else { return }
        state = .running([])
        began = .now
        let deadline = loop.schedule(afterMilliseconds: bound) { [weak self] in self?.overrun() }
        loop.spawn {
            let failure = await self.run()
            deadline.cancel()
            self.settle(.idle, failure)
        }
    }

    /// What the run that was started last has found, or will.
    func result() async -> HealthReport.Check {
        if case .running(let waiting) = state {
            return await withCheckedContinuation { state = .running(waiting + [$0]) }
        }
        return latest ?? check("not run")
    }

    private func run() async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return String(describing: error)
        }
    }

    private func overrun() {
        guard case .running = state else { return }
        settle(.overdue, "no answer within \(bound) ms")
    }

    private func settle(_ next: State, _ failure: String?) {
        let check = check(failure)
        latest = check
        guard case .running(let waiting) = state else {
            state = next
            return
        }
        state = next
        for continuation in waiting { continuation.resume(returning: check) }
    }

    private func check(_ failure: String?) -> HealthReport.Check {
        let (seconds, attoseconds) = (ContinuousClock.now - began).components
        let latency = Double(seconds) * 1e3 + Double(attoseconds) * 1e-15
        return HealthReport.Check(name: name, latencyMilliseconds: latency, failure: failure)
    }
}
