import Engine
import Schema
import Testing

@testable import ChatHistory

@Suite struct IngestScheduleTests {
    private let first = Partition.all[0]
    private let second = Partition.all[1]
    private let third = Partition.all[2]

    private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

    private func schedule(_ partitions: Partition...) -> IngestSchedule {
        var schedule = IngestSchedule()
        for partition in partitions { schedule.add(partition) }
        return schedule
    }

    @Test func aNewPartitionLooksAfterItsPredecessorAtOnce() {
        var schedule = schedule(first)
        #expect(schedule.next(most: 64) == [first])
        #expect(schedule.isRunning(first))
        schedule.finished(first, hasMore: false)
        #expect(!schedule.isRunning(first))
        #expect(!schedule.isWaiting)
        #expect(schedule.next(most: 64) == [])
    }

    @Test func thoseThatHaveWaitedLongestGoFirst() {
        var schedule = schedule(first, second, third)
        #expect(schedule.next(most: 2) == [first, second])
        schedule.finished(first, hasMore: true)
        #expect(schedule.next(most: 2) == [third, first])
        schedule.finished(second, hasMore: false)
        #expect(schedule.next(most: 2) == [])
        schedule.wake(second)
        #expect(schedule.next(most: 0) == [])
        #expect(schedule.next(most: 1) == [second])
    }

    @Test func aPartitionThatFailedRestsEverLonger() {
        var schedule = schedule(first)
        var bounds: [Int] = []
        for round in 0..<8 {
            let now = at(Int64(round) * 10_000)
            schedule.wakeRested(now: now)
            #expect(schedule.next(most: 1) == [first])
            schedule.failed(first, now: now) { range in
                bounds.append(range.upperBound)
                return range.upperBound
            }
            schedule.wake(first)
            #expect(schedule.next(most: 1) == [])
        }
        #expect(bounds == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
        schedule.wakeRested(now: at(100_000))
        #expect(schedule.next(most: 1) == [first])
        schedule.finished(first, hasMore: true)
        _ = schedule.next(most: 1)
        schedule.failed(first, now: at(0)) { range in
            bounds.append(range.upperBound)
            return 0
        }
        #expect(bounds.last == 100)
    }

    /// What came while a batch was under way may not be in it.
    @Test func whoIsWokenWhileRunningHasAnotherTurn() {
        var schedule = schedule(first)
        #expect(schedule.next(most: 1) == [first])
        schedule.wake(first)
        #expect(!schedule.isWaiting)
        schedule.finished(first, hasMore: false)
        #expect(schedule.next(most: 1) == [first])
        schedule.finished(first, hasMore: false)
        #expect(!schedule.isWaiting)
    }

    @Test func whatIsLostIsForgotten() {
        var schedule = schedule(first, second)
        #expect(schedule.next(most: 1) == [first])
        schedule.remove(first)
        schedule.finished(first, hasMore: true)
        #expect(schedule.next(most: 2) == [second])
        schedule.remove(second)
        #expect(schedule.owned == [])
    }
}

@Suite struct PassPaceTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

    @Test func passesBeginApartAndAtOnceAfterARest() {
        var pace = PassPace()
        #expect(pace.wait(now: at(0)) == 0)
        pace.began(now: at(1_000), partitions: 2)
        #expect(pace.wait(now: at(1_000)) == PassPace.milliseconds)
        #expect(pace.wait(now: at(1_030)) == PassPace.milliseconds - 30)
        #expect(pace.wait(now: at(1_500)) == 0)
    }

    @Test func whereMessagesAreSpreadMoreOfThemGather() {
        var pace = PassPace()
        pace.began(now: at(1_000), partitions: 64)
        #expect(pace.wait(now: at(1_000)) == 256)
        pace.began(now: at(2_000), partitions: 12)
        #expect(pace.wait(now: at(2_000)) == PassPace.milliseconds)
    }

    @Test func thereIsNoWaitingWhileSomethingIsLeft() {
        var pace = PassPace()
        pace.began(now: at(1_000), partitions: 2)
        pace.isBehind()
        #expect(pace.wait(now: at(1_001)) == 0)
    }
}
