import Testing

@testable import Engine

struct TimerWheelTests {
    @Test(arguments: [
        1, 2, 63, 64, 65, 4_095, 4_096, 4_097, 300_000, 16_777_216, 1_073_741_823, 2_000_000_000,
    ])
    func firesAtItsDeadlineAndNotBefore(delay: Int64) {
        var wheel = TimerWheel<Entry>(now: 12_345)
        wheel.insert(Entry(1), at: 12_345 + delay)
        #expect(wheel.advance(to: 12_345 + delay - 1).isEmpty)
        #expect(wheel.advance(to: 12_345 + delay).map(\.number) == [1])
        #expect(wheel.count == 0)
        #expect(wheel.nextStop() == nil)
    }

    @Test func whatHasPassedFiresAtTheNextTick() {
        var wheel = TimerWheel<Entry>(now: 100)
        wheel.insert(Entry(1), at: 50)
        #expect(wheel.advance(to: 100).isEmpty)
        #expect(wheel.advance(to: 101).map(\.number) == [1])
    }

    @Test func neverStopsLaterThanTheEarliestDeadline() {
        var wheel = TimerWheel<Entry>(now: 0)
        wheel.insert(Entry(1), at: 70_000)
        var stops = 0
        while let stop = wheel.nextStop() {
            #expect(stop <= 70_000)
            _ = wheel.advance(to: stop)
            stops += 1
        }
        #expect(stops < 10)
    }

    @Test(arguments: [1, 64, 5_000]) func thoseOfOneDeadlineKeepTheirOrder(delay: Int64) {
        var wheel = TimerWheel<Entry>(now: 0)
        let entries = (0..<5).map { Entry($0) }
        for entry in entries { wheel.insert(entry, at: delay) }
        wheel.remove(entries[2])
        #expect(wheel.advance(to: delay).map(\.number) == [0, 1, 3, 4])
    }

    @Test(arguments: [1, 64, 5_000, 2_000_000_000]) func whoIsTakenOutIsLetGoOf(delay: Int64) {
        var wheel = TimerWheel<Entry>(now: 0)
        weak var gone: Entry?
        do {
            let entry = Entry(1)
            gone = entry
            wheel.insert(entry, at: delay)
            wheel.remove(entry)
            wheel.remove(entry)
        }
        #expect(gone == nil)
        #expect(wheel.count == 0)
        #expect(wheel.nextStop() == nil)
    }

    @Test func whoHasFiredOrBeenTakenOutMayComeAgain() {
        var wheel = TimerWheel<Entry>(now: 0)
        let entry = Entry(1)
        wheel.insert(entry, at: 10)
        #expect(wheel.advance(to: 10).map(\.number) == [1])
        wheel.insert(entry, at: 20)
        wheel.remove(entry)
        wheel.insert(entry, at: 30)
        #expect(wheel.advance(to: 29).isEmpty)
        #expect(wheel.removeAll().map(\.number) == [1])
        #expect(wheel.count == 0)
        wheel.insert(entry, at: 40)
        #expect(wheel.advance(to: 40).map(\.number) == [1])
    }

    /// The simple version is the oracle.
    @Test(arguments: 1...20) func agreesWithASortedList(seed: UInt64) {
        var random = SplitMix(state: seed)
        var wheel = TimerWheel<Entry>(now: 0)
        var list: [Entry] = []
        var now: Int64 = 0
        for _ in 0..<2_000 {
            let entry = Entry(now + Int64(random.next(below: 1 << (1 + random.next(below: 24)))) + 1)
            wheel.insert(entry, at: entry.number)
            list.append(entry)
            if random.next(below: 3) == 0 {
                wheel.remove(list.remove(at: Int(random.next(below: UInt64(list.count)))))
            }
            guard random.next(below: 3) == 0 else { continue }
            now += Int64(random.next(below: 1 << (1 + random.next(below: 16))))
            let due = wheel.advance(to: now).map(\.number)
            #expect(due == list.map(\.number).filter { $0 <= now }.sorted())
            list.removeAll { $0.number <= now }
        }
        #expect(wheel.count == list.count)
        #expect(wheel.removeAll().map(\.number).sorted() == list.map(\.number).sorted())
    }
}

private final class Entry: WheelEntry {
    let number: Int64
    var place = WheelPlace<Entry>()

    init(_ number: Int64) { self.number = number }
}

private struct SplitMix {
    var state: UInt64

    mutating func next(below bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ (mixed >> 31)) % bound
    }
}
