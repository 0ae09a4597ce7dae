/// How many of a gateway's connections are to be closed by when, once it has been told to end.
///
/// Pure. All at once would send everybody to the other gateways in one instant: they go in batches, over at most half
/// of the drain time, so that what the last ones have under way still finds an end within it. A few go at once.
struct DrainPlan {
    /// How long all of it may take.
    let milliseconds: Int
    private let connections: Int
    private let batches: Int

    /// Between the notice and the first close: who is in mid-send gets to the end of it.
    private static let noticeMilliseconds = 200
    private static let intervalMilliseconds = 100
    /// As many as may come to the other gateways at once without being felt.
    private static let batchSize = 50

    /// - Parameter loops: how many send their connections away at the same time, each its own.
    init(connections: Int, milliseconds: Int, loops: Int = 1) {
        self.connections = connections
        self.milliseconds = milliseconds
        let size = max(1, Self.batchSize / loops)
        let wanted = (connections + size - 1) / size
        batches = max(1, min(wanted, milliseconds / 2 / Self.intervalMilliseconds))
    }

    /// How many connections are to be closed so many milliseconds after the notice.
    func due(after elapsed: Int) -> Int {
        guard elapsed < milliseconds else { return connections }
        guard elapsed >= Self.noticeMilliseconds else { return 0 }
        let begun = min((elapsed - Self.noticeMilliseconds) / Self.intervalMilliseconds + 1, batches)
        return (connections * begun + batches - 1) / batches
    }
}
