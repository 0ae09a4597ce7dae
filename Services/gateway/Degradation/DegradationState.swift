import Engine

/// Whether a part counts as failed, judged by single looks at it, so that a blip tells nobody.
///
/// Pure. What looks down for `patience` is degraded; what looks well for `calm` is restored. After a time of not
/// knowing (`blind`) a part gets `settling` to show itself first.
struct DegradationState {
    enum Change: Equatable {
        case degraded
        case restored
    }

    struct Pace {
        let patience: Int
        let calm: Int
        let settling: Int
    }

    private(set) var isDegraded: Bool
    private let pace: Pace
    /// Since when looks have told anything.
    private var seeingSince: Instant?
    /// Since when they have said the contrary of what counts.
    private var contrarySince: Instant?

    init(_ pace: Pace, isDegraded: Bool = false) {
        self.pace = pace
        self.isDegraded = isDegraded
    }

    /// Takes what a look has shown.
    mutating func looked(isUp: Bool, at now: Instant) -> Change? {
        let seeingSince = self.seeingSince ?? now
        self.seeingSince = seeingSince
        guard isUp == isDegraded else {
            contrarySince = nil
            return nil
        }
        let since = contrarySince ?? now
        contrarySince = since
        let wait =
            isUp ? pace.calm : max(pace.patience, pace.settling - since.milliseconds(since: seeingSince))
        guard now.milliseconds(since: since) >= wait else { return nil }
        contrarySince = nil
        isDegraded.toggle()
        return isDegraded ? .degraded : .restored
    }

    /// A look was not possible: what counts stands, and the next looks begin anew.
    mutating func blind() {
        seeingSince = nil
        contrarySince = nil
    }
}
