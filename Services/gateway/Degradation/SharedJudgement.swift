import Engine
import Hosting
import Schema

/// The one judgement of a gateway: its loops tell what they see, and each gets every new verdict by mail, all in the
/// same order.
///
/// Used from all loops. The mail to all has left before the first client is told.
final class SharedJudgement: Sendable {
    private struct State: Sendable {
        var judgement: Judgement
        var verdict: Verdict
        var members: [Int: Addressee<Degradation>] = [:]
    }

    private let state: Guarded<State>
    private let metrics: GatewayMetrics
    private let log: Log

    init(loops: Int, metrics: GatewayMetrics, log: Log) {
        let judgement = Judgement(loops: loops)
        state = Guarded(State(judgement: judgement, verdict: judgement.verdict))
        self.metrics = metrics
        self.log = log
    }

    /// A loop gets all verdicts from now on; answers the one that stands.
    func join(_ loop: Int, _ member: Addressee<Degradation>) -> Verdict {
        state.withLock {
            $0.members[loop] = member
            return $0.verdict
        }
    }

    /// A loop looks no more, and is told nothing more.
    func leave(_ loop: Int) {
        state.withLock {
            $0.members[loop] = nil
            $0.judgement.left(loop)
        }
    }

    /// Takes what a loop has seen.
    func judge(_ look: (inout Judgement) -> Void) {
        let changes = state.withLock { state in
            look(&state.judgement)
            let (before, verdict) = (state.verdict, state.judgement.verdict)
            guard verdict != before else { return [Verdict.Change]() }
            state.verdict = verdict
            // Within the lock: verdicts of two loops must not pass each other on their way.
            for member in state.members.values { member.send { $0.heard(verdict) } }
            let changes = verdict.changes(since: before)
            for change in changes { metrics.degraded[change.component]?.set(change.hasFailed ? 1 : 0) }
            return changes
        }
        for change in changes { tellOperators(of: change) }
    }

    private func tellOperators(of change: Verdict.Change) {
        let fields: LogField = ["component": .string(change.component.rawValue)]
        if change.hasFailed {
            log.warn("service degraded", fields)
        } else {
            log.info("service restored", fields)
        }
    }
}
