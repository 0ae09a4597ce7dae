/// A hierarchical timing wheel (Varghese and Lauck, 1987): timers in O(1), with a resolution of one tick.
///
/// Five levels of 64 slots; a slot of level *n* spans 64ⁿ ticks. What lies beyond the last level is kept in its
/// farthest slot and looked at again when that comes round. Pure: time is what `advance` is told.
struct TimerWheel<Payload> {
    private struct Entry {
        let deadline: Int64
        let payload: Payload
    }

    private static var levels: Int { 5 }
    private static var bits: Int64 { 6 }
    private static var slotsPerLevel: Int { 64 }

    private var slots: [[Entry]]
    /// One bit for each slot that is not empty, by level.
    private var occupied: [UInt64]
    /// The tick up to which timers have been fired.
    private(set) var now: Int64
    /// How many timers wait.
    private(set) var count = 0

    init(now: Int64) {
        self.now = now
        slots = Array(repeating: [], count: Self.levels * Self.slotsPerLevel)
        occupied = Array(repeating: 0, count: Self.levels)
    }

    /// Adds a timer; a deadline that has passed fires at the next tick.
    mutating func insert(_ payload: Payload, at deadline: Int64) {
        count += 1
        place(Entry(deadline: max(deadline, now &+ 1), payload: payload))
    }

    /// Moves to `time` and returns what has become due, in order of deadline.
    mutating func advance(to time: Int64) -> [Payload] {
        guard time > now else { return [] }
        guard count > 0 else {
            now = time
            return []
        }
        var due: [Entry] = []
        while let next = nextStop(), next <= time {
            now = next
            cascade()
            due += take(level: 0, slot: slot(of: now, level: 0))
        }
        now = max(now, time)
        count -= due.count
        return due.map(\.payload)
    }

    /// Takes all that wait, in no particular order.
    mutating func removeAll() -> [Payload] {
        defer { self = TimerWheel(now: now) }
        return slots.flatMap { $0.map(\.payload) }
    }

    /// The next tick at which something may be due: never later than the earliest deadline.
    func nextStop() -> Int64? {
        var best: Int64?
        for level in 0..<Self.levels {
            guard let stop = nextStop(level: level) else { continue }
            best = min(best ?? stop, stop)
        }
        return best
    }

    private func nextStop(level: Int) -> Int64? {
        let bitmap = occupied[level]
        guard bitmap != 0 else { return nil }
        let shift = Self.bits * Int64(level)
        let position = now >> shift
        let current = Int(position & 63)
        // Rotate so that the slot after the current one becomes bit 0: its distance is the trailing zeros plus one.
        let rotated = rotateRight(bitmap, by: (current + 1) & 63)
        return (position + Int64(rotated.trailingZeroBitCount) + 1) << shift
    }

    private func rotateRight(_ value: UInt64, by amount: Int) -> UInt64 {
        amount == 0 ? value : (value >> UInt64(amount)) | (value << UInt64(64 - amount))
    }

    /// Moves what the higher levels hold for this tick down to where it belongs.
    private mutating func cascade() {
        for level in stride(from: Self.levels - 1, to: 0, by: -1) {
            let shift = Self.bits * Int64(level)
            guard now & ((1 << shift) - 1) == 0 else { continue }
            for entry in take(level: level, slot: slot(of: now, level: level)) { place(entry) }
        }
    }

    private mutating func place(_ entry: Entry) {
        let distance = entry.deadline &- now
        var level = 0
        while level < Self.levels - 1, distance >= 1 << (Self.bits * Int64(level + 1)) { level += 1 }
        let reach: Int64 = (1 << (Self.bits * Int64(Self.levels))) - 1
        let tick = distance > reach ? now &+ reach : entry.deadline
        let index = slot(of: tick, level: level)
        slots[level * Self.slotsPerLevel + index].append(entry)
        occupied[level] |= 1 << UInt64(index)
    }

    private mutating func take(level: Int, slot: Int) -> [Entry] {
        guard occupied[level] & (1 << UInt64(slot)) != 0 else { return [] }
        occupied[level] &= ~(1 << UInt64(slot))
        let index = level * Self.slotsPerLevel + slot
        defer { slots[index] = [] }
        return slots[index]
    }

    private func slot(of tick: Int64, level: Int) -> Int {
        Int((tick >> (Self.bits * Int64(level))) & 63)
    }
}
