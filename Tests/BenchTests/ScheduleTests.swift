import Testing

@testable import Bench

struct ScheduleTests {
    @Test func messagesAreDueEvenly() {
        var schedule = Schedule(rate: 4, start: 1_000_000_000, end: 2_000_000_000)
        var due: [UInt64] = []
        while let next = schedule.take(by: .max) { due.append(next.due) }
        #expect(due == [1_000_000_000, 1_250_000_000, 1_500_000_000, 1_750_000_000])
        #expect(schedule.next == nil)
    }

    @Test func nothingIsTakenBeforeItIsDue() {
        var schedule = Schedule(rate: 1_000, start: 500, end: 10_000_000)
        let numbers = [499, 500, 500].map { schedule.take(by: $0)?.number }
        #expect(numbers == [nil, 0, nil])
        #expect(schedule.next == 1_000_500)
    }

    /// A server that stood still for a second is charged with every message of that second.
    @Test func whatWasLateKeepsTheTimeAtWhichItWasDue() {
        var schedule = Schedule(rate: 10, start: 0, end: 10_000_000_000)
        var waits: [UInt64] = []
        while let next = schedule.take(by: 1_000_000_000) { waits.append(1_000_000_000 - next.due) }
        #expect(waits.count == 11)
        #expect(waits.first == 1_000_000_000 && waits.last == 0)
    }

    @Test func rateHoldsOverALongTime() {
        let schedule = Schedule(rate: 3_333, start: 0, end: 3_600_000_000_000)
        var taken = schedule
        while taken.take(by: 60_000_000_000) != nil {}
        #expect(taken.taken == 3_333 * 60 + 1)
    }
}
