/// A hierarchical timing wheel (Varghese and Lauck, 1987): timers in O(1), with a resolution of one tick.
///
/// Five levels of 64 slots; a slot of level *n* spans 64ⁿ ticks. What lies beyond the last level is kept in its
/// farthest slot and looked at again when that comes round. Who is taken out leaves nothing behind: most timers are
/// deadlines of what succeeds, and would else fill memory until they come. Pure: time is what `advance` is told.
struct TimerWheel<Entry: WheelEntry> {
    private static var levels: Int { 5 }
    private static var bits: Int64 { 6 }
    private static var slotsPerLevel: Int { 64 }

    private var slots: [WheelSlot<Entry>]
    /// One bit for each slot that is not empty, by level.
    private var occupied: [UInt64]
    /// The tick up to which timers have been fired.
    private(set) var now: Int64
    /// How many timers wait.
    private(set) var count = 0

    init(now: Int64) {
        self.now = now
        slots = Array(repeating: WheelSlot(), count: Self.levels * Self.slotsPerLevel)
        occupied = Array(repeating: 0, count: Self.levels)
    }

    /// Adds a timer that does not wait yet; a deadline that has passed fires at the next tick.
    mutating func insert(_ entry: Entry, at deadline: Int64) {
        count += 1
        entry.place.deadline = max(deadline, now &+ 1)
        put(entry)
    }

    /// Takes a timer out; one that does not wait here is left alone.
    mutating func remove(_ entry: Entry) {
        guard let index = entry.place.slot else { return }
        count -= 1
        slots[index].remove(entry)
        if slots[index].isEmpty { noteEmpty(index) }
    }

    /// Moves to `time` and returns what has become due, in order of deadline.
    mutating func advance(to time: Int64) -> [Entry] {
        guard time > now else { return [] }
        guard count > 0 else {
            now = time
            return []
        }
        var due: [Entry] = []
        while let next = nextStop(), next <= time {
            now = next
            cascade()
            take(slot(of: now, level: 0)) { due.append($0) }
        }
        now = max(now, time)
        count -= due.count
        return due
    }

    /// Takes all that wait, in no particular order.
    mutating func removeAll() -> [Entry] {
        var all: [Entry] = []
        for index in slots.indices { take(index) { all.append($0) } }
        count = 0
        return all
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
            var rest = takeAll(slot(of: now, level: level))
            while let entry = rest.popFirst() { put(entry) }
        }
    }

    private mutating func put(_ entry: Entry) {
        let deadline = entry.place.deadline
        let distance = deadline &- now
        var level = 0
        while level < Self.levels - 1, distance >= 1 << (Self.bits * Int64(level + 1)) { level += 1 }
        let reach: Int64 = (1 << (Self.bits * Int64(Self.levels))) - 1
        let index = slot(of: distance > reach ? now &+ reach : deadline, level: level)
        slots[index].append(entry, index: index)
        occupied[level] |= bit(of: index)
    }

    private mutating func take(_ index: Int, _ body: (Entry) -> Void) {
        var taken = takeAll(index)
        while let entry = taken.popFirst() { body(entry) }
    }

    private mutating func takeAll(_ index: Int) -> WheelSlot<Entry> {
        guard !slots[index].isEmpty else { return WheelSlot() }
        noteEmpty(index)
        defer { slots[index] = WheelSlot() }
        return slots[index]
    }

    private mutating func noteEmpty(_ index: Int) { occupied[index / Self.slotsPerLevel] &= ~bit(of: index) }

    private func bit(of index: Int) -> UInt64 { 1 << UInt64(index % Self.slotsPerLevel) }

    private func slot(of tick: Int64, level: Int) -> Int {
        level * Self.slotsPerLevel + Int((tick >> (Self.bits * Int64(level))) & 63)
    }
}
