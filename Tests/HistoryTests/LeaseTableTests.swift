import Engine
import Schema
import Testing

@testable import ChatHistory

@Suite struct LeaseTableTests {
    private let first = Partition.all[0]
    private let second = Partition.all[1]

    private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

    @Test func aLeaseIsGainedOnceAndRenewedSilently() {
        var table = LeaseTable()
        #expect(table.answered(first, granted: true, asked: at(0), now: at(5)) == .gained)
        #expect(table.answered(first, granted: true, asked: at(3_000), now: at(3_005)) == .none)
        #expect(table.held == [first])
        #expect(table.expire(now: at(12_999)) == [])
        #expect(table.expire(now: at(13_000)) == [first])
        #expect(table.held == [])
        #expect(table.answered(first, granted: true, asked: at(13_001), now: at(13_002)) == .gained)
    }

    @Test func anotherOwnerIsHeardOf() {
        var table = LeaseTable()
        #expect(table.answered(first, granted: false, asked: at(0), now: at(5)) == .none)
        #expect(table.orphans(now: at(6)) == Partition.count - 1)
        #expect(table.answered(second, granted: true, asked: at(0), now: at(5)) == .gained)
        #expect(table.answered(second, granted: false, asked: at(9), now: at(10)) == .lost)
        #expect(table.held == [])
        #expect(table.orphans(now: at(11)) == Partition.count - 2)
        #expect(table.orphans(now: at(20_000)) == Partition.count)
    }

    @Test func anAnswerThatCameTooLateIsNoLease() {
        var table = LeaseTable()
        #expect(table.answered(first, granted: true, asked: at(0), now: at(10_000)) == .none)
        #expect(table.answered(second, granted: true, asked: at(0), now: at(1)) == .gained)
        #expect(table.answered(second, granted: true, asked: at(2), now: at(10_002)) == .lost)
        #expect(table.held == [])
    }

    @Test func whatIsDroppedIsGainedAnew() {
        var table = LeaseTable()
        #expect(table.answered(first, granted: true, asked: at(0), now: at(1)) == .gained)
        table.drop(first)
        #expect(table.answered(first, granted: true, asked: at(3_000), now: at(3_001)) == .gained)
    }
}

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
        #expect(schedule.next(width: 1) == first)
        schedule.finished(first, hasMore: false)
        #expect(schedule.idle == [first])
        #expect(schedule.next(width: 1) == nil)
    }

    @Test func noMoreThanTheWidthAreUnderWay() {
        var schedule = schedule(first, second, third)
        #expect(schedule.next(width: 2) == first)
        #expect(schedule.next(width: 2) == second)
        #expect(schedule.next(width: 2) == nil)
        schedule.finished(first, hasMore: true)
        #expect(schedule.next(width: 2) == third)
        schedule.finished(second, hasMore: false)
        #expect(schedule.next(width: 2) == first)
        #expect(schedule.next(width: 0) == nil)
    }

    @Test func aPartitionThatFailedRestsEverLonger() {
        var schedule = schedule(first)
        var bounds: [Int] = []
        for round in 0..<8 {
            let now = at(Int64(round) * 10_000)
            schedule.wakeRested(now: now)
            #expect(schedule.next(width: 1) == first)
            schedule.failed(first, now: now) { range in
                bounds.append(range.upperBound)
                return range.upperBound
            }
            schedule.wake(first)
            #expect(schedule.next(width: 1) == nil)
        }
        #expect(bounds == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
        schedule.wakeRested(now: at(100_000))
        #expect(schedule.next(width: 1) == first)
        schedule.finished(first, hasMore: true)
        _ = schedule.next(width: 1)
        schedule.failed(first, now: at(0)) { range in
            bounds.append(range.upperBound)
            return 0
        }
        #expect(bounds.last == 100)
    }

    @Test func whatIsLostMakesRoom() {
        var schedule = schedule(first, second)
        #expect(schedule.next(width: 1) == first)
        schedule.remove(first)
        #expect(schedule.running == 0)
        #expect(schedule.next(width: 1) == second)
        schedule.finished(first, hasMore: true)
        #expect(schedule.running == 1)
        #expect(schedule.owned == [second])
    }
}
