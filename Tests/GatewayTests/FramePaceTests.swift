import Engine
import Testing

@testable import ChatGateway

struct FramePaceTests {
    private let start = Instant(milliseconds: 1_000)

    /// Counts frames; answers how long to wait where they were too many.
    private func count(_ frames: Int, _ pace: inout FramePace, at milliseconds: Int = 0) -> Int? {
        let now = start.advanced(byMilliseconds: milliseconds)
        var isOver = false
        for _ in 0..<frames { isOver = pace.spend(1, at: now) }
        return isOver ? pace.pause(at: now) : nil
    }

    @Test func severalSecondsWorthMayComeAtOnce() {
        var pace = FramePace(perSecond: 10, now: start)
        #expect(count(50, &pace) == nil)
        // One frame takes a tenth of a second, and as long again for the next lot.
        #expect(count(1, &pace) == 200)
    }

    @Test func whatOneReadBroughtTooManyHasToBeWaitedFor() {
        var pace = FramePace(perSecond: 10, now: start)
        #expect(count(70, &pace) == 2_100)
        var pause = pace.pause(at: start.advanced(byMilliseconds: 2_000))
        #expect(pause == 100)
        pause = pace.pause(at: start.advanced(byMilliseconds: 2_100))
        #expect(pause == nil)
        #expect(count(1, &pace, at: 2_100) == nil)
        #expect(count(1, &pace, at: 2_100) == 200)
    }

    @Test func timeGivesNoMoreThanTheBurst() {
        var pace = FramePace(perSecond: 10, now: start)
        #expect(count(50, &pace, at: 1_000_000) == nil)
        #expect(count(1, &pace, at: 1_000_000) != nil)
    }

    @Test func noPauseIsLong() {
        var pace = FramePace(perSecond: 1, now: start)
        #expect(count(9_000, &pace) == FramePace.longestPause + 100)
    }

    @Test func zeroIsNoLimit() {
        var pace = FramePace(perSecond: 0, now: start)
        #expect(count(100_000, &pace) == nil)
    }

    @Test(arguments: [(0, 0), (4_096, 0), (4_097, 1), (8_192, 1), (65_536, 15)])
    func aLongMessageCountsForSeveral(bytes: Int, more: Int) {
        #expect(FramePace.unitsBeyondTheFirst(ofBytes: bytes) == more)
    }

    @Test func whatCountsForSeveralHasToBeWaitedForAsLong() {
        var pace = FramePace(perSecond: 10, now: start)
        let isOver = [pace.spend(49, at: start), pace.spend(15, at: start)]
        #expect(isOver == [false, true])
        let pause = pace.pause(at: start)
        #expect(pause == 1_500)
    }
}
