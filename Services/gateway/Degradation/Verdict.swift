import Schema

/// What a gateway holds of the parts of the service: the same on all of its loops.
struct Verdict: Equatable, Sendable {
    /// The parts of which clients are told that they have failed.
    var failed: Set<ServiceComponent> = []
    /// Whether the gateway can do its work.
    var isReady = false
    /// Whether some instance of history answers, be it with the newest messages only.
    var isHistoryAnswering = true
}

extension Verdict {
    /// What clients are told when a verdict takes the place of another.
    struct Change: Equatable {
        let component: ServiceComponent
        let hasFailed: Bool
    }

    /// What is different from an earlier verdict.
    func changes(since earlier: Verdict) -> [Change] {
        ServiceComponent.allCases.filter { failed.contains($0) != earlier.failed.contains($0) }.map {
            Change(component: $0, hasFailed: failed.contains($0))
        }
    }
}
