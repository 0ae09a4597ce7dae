import Testing

@testable import Bench

struct LoadTests {
    /// As while warming up: nothing is measured yet, and sending has no end.
    private func load(_ kind: Load.Kind) -> Load { Load(kind: kind, from: .max, until: .max) }

    @Test func whatIsDueBeforeMeasuringBeginsIsNotMeasured() {
        var load = load(.closed(window: 1))
        #expect(!load.measures(5) && !load.isOver(at: 1_000))
        load.measure(10...20)
        #expect([9, 10, 19, 20].map { load.measures($0) } == [false, true, true, false])
        #expect(!load.isOver(at: 19) && load.isOver(at: 20))
    }

    @Test func anOpenLoopGoesOnAsItWasAndEndsWithTheMeasuring() throws {
        var load = load(.open(Schedule(rate: 1e9, start: 0, end: .max)))
        guard case .open(var schedule) = load.kind else { return }
        while schedule.take(by: 11) != nil {}
        load.kind = .open(schedule)
        load.measure(14...16)
        guard case .open(var rest) = load.kind else {
            Issue.record("no open loop any more")
            return
        }
        var due: [UInt64] = []
        while let next = rest.take(by: .max) { due.append(next.due) }
        #expect(due == [12, 13, 14, 15])
    }
}
