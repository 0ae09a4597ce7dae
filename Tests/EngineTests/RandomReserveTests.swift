import Testing

@testable import Engine

struct RandomReserveTests {
    @Test func givesNoNumberTwiceAndEveryBit() {
        var first = RandomReserve()
        var second = RandomReserve()
        var seen: Set<UInt64> = []
        var set: UInt64 = 0
        var unset: UInt64 = 0
        // Several fetches of each.
        for _ in 0..<500 {
            for number in [first.next(), second.next()] {
                seen.insert(number)
                set |= number
                unset |= ~number
            }
        }
        #expect(seen.count == 1_000)
        #expect(set == .max && unset == .max)
    }
}
