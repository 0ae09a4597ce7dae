import Web

/// Slows down who guesses passwords: by account and address, so that nobody can lock another out from
/// elsewhere.
///
/// After a few wrong ones each further try must wait, twice as long as the one before. A value without a
/// clock.
struct LoginThrottle {
    struct Key: Hashable {
        let user: String
        let address: AddressKey
    }

    /// Wrong passwords that cost nothing.
    static let freeFailures = 5
    /// Tries of one key that may be under way at once, so that a burst does not pass before the first has
    /// failed.
    static let mostAtOnce = 8
    static let longestDelay = 300
    static let memorySeconds: Int64 = 900

    private struct Record {
        var failures = 0
        var underWay = 0
        var changed: Int64 = 0
        var closedUntil: Int64 = 0
    }

    private let capacity: Int
    private var records: [Key: Record] = [:]

    init(capacity: Int = 20_000) { self.capacity = capacity }

    /// Begins a try; nil lets it through, else it must wait for so many seconds.
    ///
    /// All times in seconds.
    mutating func begin(_ key: Key, now: Int64) -> Int? {
        makeRoom(now: now)
        var record = current(key, now: now)
        if record.closedUntil > now { return Int(clamping: record.closedUntil - now) }
        if record.underWay >= Self.mostAtOnce { return 1 }
        record.underWay += 1
        record.changed = now
        records[key] = record
        return nil
    }

    /// Ends a try whose password was right.
    mutating func succeeded(_ key: Key, now: Int64) {
        finish(key, now: now) { record in
            record.failures = 0
            record.closedUntil = 0
        }
    }

    /// Ends a try whose password was wrong.
    mutating func failed(_ key: Key, now: Int64) {
        finish(key, now: now) { record in
            record.failures += 1
            let excess = record.failures - Self.freeFailures
            if excess >= 0 { record.closedUntil = now + Int64(Self.delay(excess)) }
        }
    }

    /// Ends a try that came to nothing.
    mutating func abandoned(_ key: Key, now: Int64) {
        finish(key, now: now) { _ in }
    }

    var count: Int { records.count }

    private static func delay(_ excess: Int) -> Int {
        excess < 9 ? min(1 << excess, longestDelay) : longestDelay
    }

    private func current(_ key: Key, now: Int64) -> Record {
        guard let record = records[key] else { return Record() }
        return record.underWay == 0 && now - record.changed > Self.memorySeconds ? Record() : record
    }

    private mutating func finish(_ key: Key, now: Int64, _ change: (inout Record) -> Void) {
        var record = current(key, now: now)
        record.underWay = max(record.underWay - 1, 0)
        record.changed = now
        change(&record)
        records[key] = record.underWay == 0 && record.failures == 0 ? nil : record
    }

    /// Forgets the old ones; where an attack has filled the table with fresh ones, a tenth, the oldest first.
    private mutating func makeRoom(now: Int64) {
        guard records.count >= capacity else { return }
        records = records.filter { $0.value.underWay > 0 || now - $0.value.changed <= Self.memorySeconds }
        guard records.count >= capacity else { return }
        let oldest = records.filter { $0.value.underWay == 0 }.sorted { $0.value.changed < $1.value.changed }
        for (key, _) in oldest.prefix(capacity / 10 + 1) { records[key] = nil }
    }
}
