import Testing

@testable import Engine

struct TimerWheelTests {
    @Test(arguments: [
        1, 2, 63, 64, 65, 4_095, 4_096, 4_097, 300_000, 16_777_216, 1_073_741_823, 2_000_000_000,
    ])
    func firesAtItsDeadlineAndNotBefore(delay: Int64) {
        var wheel = TimerWheel<String>(now: 12_345)
        wheel.insert("x", at: 12_345 + delay)
        #expect(wheel.advance(to: 12_345 + delay - 1).isEmpty)
        #expect(wheel.advance(to: 12_345 + delay) == ["x"])
        #expect(wheel.count == 0)
        #expect(wheel.nextStop() == nil)
    }

    @Test func whatHasPassedFiresAtTheNextTick() {
        var wheel = TimerWheel<Int>(now: 100)
        wheel.insert(1, at: 50)
        #expect(wheel.advance(to: 100).isEmpty)
        #expect(wheel.advance(to: 101) == [1])
    }

    @Test func neverStopsLaterThanTheEarliestDeadline() {
        var wheel = TimerWheel<Int>(now: 0)
        wheel.insert(1, at: 70_000)
        var stops = 0
        while let stop = wheel.nextStop() {
            #expect(stop <= 70_000)
            _ = wheel.advance(to: stop)
            stops += 1
        }
        #expect(stops < 10)
    }

    /// The simple version is the oracle.
    @Test(arguments: 1...20) func agreesWithASortedList(seed: UInt64) {
        var random = SplitMix(state: seed)
        var wheel = TimerWheel<Int64>(now: 0)
        var list: [Int64] = []
        var now: Int64 = 0
        for _ in 0..<2_000 {
            let deadline = now + Int64(random.next(below: 1 << (1 + random.next(below: 24)))) + 1
            wheel.insert(deadline, at: deadline)
            list.append(deadline)
            guard random.next(below: 3) == 0 else { continue }
            now += Int64(random.next(below: 1 << (1 + random.next(below: 16))))
            let due = wheel.advance(to: now)
            #expect(due == list.filter { $0 <= now }.sorted())
            list.removeAll { $0 <= now }
        }
        #expect(wheel.count == list.count)
    }
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
