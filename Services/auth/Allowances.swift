/// What each of many may do: so much at once, all of which is back after so long.
///
/// What has been spent comes back evenly (the generic cell rate algorithm): who has nothing left gets one after the
/// other. A value without a clock; all times in milliseconds.
struct Allowances<Key: Hashable> {
    let most: Int
    let windowSeconds: Int

    /// When all that somebody has spent is back, in microseconds.
    private var repaid: [Key: Int64] = [:]
    private let capacity: Int

    /// `most` and `windowSeconds` are above 0; of more than `capacity` at once, those who have spent least are forgotten.
    init(most: Int, windowSeconds: Int, capacity: Int = 20_000) {
        self.most = max(most, 1)
        self.windowSeconds = max(windowSeconds, 1)
        self.capacity = capacity
    }

    /// Nil where somebody has something left, else for how many seconds they have not: rounded up, 1 at least.
    func wait(of key: Key, now: Int64) -> Int? {
        guard let repaid = repaid[key] else { return nil }
        let microseconds = repaid + interval - window - now * 1_000
        return microseconds > 0 ? Int(clamping: (microseconds - 1) / 1_000_000 + 1) : nil
    }

    /// Takes one from somebody, be there one left or not.
    mutating func spend(_ key: Key, now: Int64) {
        let now = now * 1_000
        if repaid[key] == nil { makeRoom(now: now) }
        repaid[key] = max(repaid[key] ?? now, now) + interval
    }

    var count: Int { repaid.count }

    private var window: Int64 { Int64(windowSeconds) * 1_000_000 }

    /// How long one of them takes to come back.
    private var interval: Int64 { window / Int64(most) }

    private mutating func makeRoom(now: Int64) {
        guard repaid.count >= capacity else { return }
        repaid = repaid.filter { $0.value > now }
        guard repaid.count >= capacity else { return }
        for (key, _) in repaid.sorted(by: { $0.value < $1.value }).prefix(capacity / 10 + 1) {
            repaid[key] = nil
        }
    }
}
