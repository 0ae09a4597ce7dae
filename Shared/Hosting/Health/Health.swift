public import Engine

/// Knows whether the process should be given work: a check per dependency, and whether it is draining.
///
/// Lives on a loop; its checks run there, side by side.
public final class Health {
    /// Set when the process is about to end: it is not ready from then on.
    public var isDraining = false
    private let loop: EventLoop
    private let bound: Int
    private var checks: [HealthCheck] = []

    /// Makes it on its loop; a check that takes longer than the bound has failed.
    public init(loop: EventLoop, boundMilliseconds: Int = 1000) {
        self.loop = loop
        bound = boundMilliseconds
    }

    /// Adds a dependency; the closure asks it for a sign of life and throws if there is none.
    public func check(_ name: String, _ body: nonisolated(nonsending) @escaping () async throws -> Void) {
        checks.append(HealthCheck(name, loop: loop, boundMilliseconds: bound, body: body))
    }

    /// Asks every dependency; on the loop.
    public func report() async -> HealthReport {
        for check in checks { check.start() }
        var results: [HealthReport.Check] = []
        for check in checks { results.append(await check.result()) }
        return HealthReport(checks: results, isDraining: isDraining)
    }
}
