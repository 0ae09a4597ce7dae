import Engine
import Schema
import Testing

@testable import ChatGateway

/// What two loops see, and what the gateway makes of it.
private struct Looks {
    var judgement = Judgement(loops: 2)
    private(set) var now = Instant(milliseconds: 0)

    /// Lets time pass, while both loops, or those that turn, look ten times a second and read the signals each second.
    mutating func pass(
        _ milliseconds: Int, bus: [Bool] = [true, true], reads: [Bool] = [true, true],
        history: Bool = true, presence: Bool = true, answers: Bool = true, turning: [Int] = [0, 1]
    ) {
        let end = now.advanced(byMilliseconds: milliseconds)
        while now < end {
            now = now.advanced(byMilliseconds: 100)
            for loop in turning {
                judgement.looked(loop, isBusUp: bus[loop], at: now)
                guard now.milliseconds % 1_000 == 0 else { continue }
                guard reads[loop] else {
                    judgement.readNothing(loop, at: now)
                    continue
                }
                let signals = Judgement.Signals(
                    history: history, presence: presence, historyAnswers: answers)
                judgement.read(loop, signals, at: now)
            }
        }
    }

    var failed: Set<ServiceComponent> { judgement.verdict.failed }
}

struct JudgementTests {
    @Test func nothingHasFailedAtFirstAndNothingIsReady() {
        #expect(Judgement(loops: 2).verdict == Verdict(failed: [], isReady: false, isHistoryAnswering: true))
    }

    @Test func readyAreAllLoopsOrNone() {
        var looks = Looks()
        looks.pass(1_000, bus: [true, false])
        #expect(!looks.judgement.verdict.isReady)
        looks.pass(100)
        #expect(looks.judgement.verdict.isReady)
        looks.pass(1_400, bus: [false, true])
        #expect(looks.judgement.verdict.isReady)
        looks.pass(300, bus: [false, true])
        #expect(!looks.judgement.verdict.isReady)
    }

    @Test(arguments: [[false, true], [true, false], [false, false]])
    func theBusHasFailedWhereItHasForAnyLoop(bus: [Bool]) {
        var looks = Looks()
        looks.pass(3_000)
        looks.pass(400, bus: bus)
        #expect(looks.failed == [])
        looks.pass(300, bus: bus)
        #expect(looks.failed == [.bus])
        looks.pass(400)
        #expect(looks.failed == [])
    }

    /// Each for less than its patience: for the gateway it has been away all the time.
    @Test func loopsThatFailInTurnsAddUp() {
        var looks = Looks()
        looks.pass(3_000)
        looks.pass(300, bus: [false, true])
        looks.pass(100, bus: [false, false])
        looks.pass(300, bus: [true, false])
        #expect(looks.failed == [.bus])
    }

    @Test(arguments: [[true, true], [true, false], [false, true]])
    func whoeverReadsTheSignalsTellsForAll(reads: [Bool]) {
        var looks = Looks()
        looks.pass(7_000)
        looks.pass(5_000, reads: reads, history: false, presence: false, answers: false)
        #expect(looks.failed == [.history, .presence])
        #expect(!looks.judgement.verdict.isHistoryAnswering)
        looks.pass(3_000, reads: reads)
        #expect(looks.failed == [])
        #expect(looks.judgement.verdict.isHistoryAnswering)
    }

    @Test func whatNobodyCanReadStands() {
        var looks = Looks()
        looks.pass(7_000)
        looks.pass(20_000, reads: [false, false], history: false)
        #expect(looks.failed == [])
        // And the services get time to show themselves then.
        looks.pass(4_000, history: false)
        #expect(looks.failed == [])
        looks.pass(4_000, history: false)
        #expect(looks.failed == [.history])
    }

    /// It would have told that Redis is away, or be told; whatever has its home there, nobody hears.
    @Test func aLoopThatHangsIsNotUp() {
        var looks = Looks()
        looks.pass(3_000)
        looks.pass(1_900, turning: [1])
        #expect(looks.judgement.verdict.isReady)
        looks.pass(500, turning: [1])
        #expect(looks.failed == [])
        looks.pass(1_600, turning: [1])
        #expect(looks.failed == [.bus])
        #expect(!looks.judgement.verdict.isReady)
        looks.pass(400)
        #expect(looks.failed == [])
        #expect(looks.judgement.verdict.isReady)
    }

    @Test func aLoopThatHangsReadsNoSignals() {
        var looks = Looks()
        looks.pass(7_000)
        looks.pass(5_000, reads: [false, false], turning: [1])
        // As nobody has read any, the services get time to show themselves.
        looks.pass(4_000, history: false)
        #expect(looks.failed.isDisjoint(with: [.history]))
        looks.pass(4_000, history: false)
        #expect(looks.failed.contains(.history))
    }

    @Test func whoHasLeftCountsNoMore() {
        var looks = Looks()
        looks.pass(3_000)
        looks.judgement.left(1)
        looks.pass(3_000, bus: [true, false])
        #expect(looks.failed == [])
        looks.pass(3_000, bus: [false, true])
        #expect(looks.failed == [.bus])
    }

    @Test func historyMayAnswerWithoutItsArchive() {
        var looks = Looks()
        looks.pass(7_000)
        looks.pass(5_000, history: false)
        #expect(looks.failed == [.history])
        #expect(looks.judgement.verdict.isHistoryAnswering)
    }

    @Test func changesAreToldOnce() {
        let before = Verdict(failed: [.bus, .presence])
        let after = Verdict(failed: [.presence, .history], isReady: true)
        #expect(
            after.changes(since: before) == [
                .init(component: .bus, hasFailed: false), .init(component: .history, hasFailed: true),
            ])
        #expect(after.changes(since: after) == [])
    }
}

/// A Redis that has much to answer is there; one that says nothing at all is not.
struct SignOfLifeTests {
    @Test(
        arguments: [
            (nil, nil, 5_000, true), (0, nil, 699, true), (0, nil, 700, false), (0, 4_500, 5_000, true),
            (0, 4_000, 5_000, false), (4_800, 1_000, 5_000, true), (4_000, 3_900, 5_000, false),
        ] as [(Int?, Int?, Int, Bool)])
    func anyAnswerIsOne(asked: Int?, heard: Int?, now: Int, isThere: Bool) {
        let start = Instant.current()
        let isHeard = Degradation.isHeard(
            heard.map { start.advanced(byMilliseconds: $0) },
            since: asked.map { start.advanced(byMilliseconds: $0) }, at: start.advanced(byMilliseconds: now))
        #expect(isHeard == isThere)
    }
}
