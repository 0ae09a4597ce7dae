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
        #expect(table.expire(now: at(10_999)) == [])
        #expect(table.expire(now: at(11_000)) == [first])
        #expect(table.held == [])
        #expect(table.answered(first, granted: true, asked: at(11_001), now: at(11_002)) == .gained)
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
        #expect(table.answered(first, granted: true, asked: at(0), now: at(8_000)) == .none)
        #expect(table.answered(second, granted: true, asked: at(0), now: at(1)) == .gained)
        #expect(table.answered(second, granted: true, asked: at(2), now: at(8_002)) == .lost)
        #expect(table.held == [])
    }

    @Test func whatIsDroppedIsGainedAnew() {
        var table = LeaseTable()
        #expect(table.answered(first, granted: true, asked: at(0), now: at(1)) == .gained)
        table.drop(first)
        #expect(table.answered(first, granted: true, asked: at(3_000), now: at(3_001)) == .gained)
    }

    @Test func anInstanceAloneHasAll() {
        var table = LeaseTable()
        for partition in Partition.all { table.looked(partition, isFree: true, asked: at(0)) }
        table.announced(instances: 1, rank: 0)
        #expect(table.claims { $0 } == Partition.all)
    }

    /// Partitions that others have are left alone, and of the free ones no more are taken than our share.
    @Test func onlyWhatNobodyHasIsTaken() {
        var table = LeaseTable()
        table.announced(instances: 3, rank: 2)
        #expect(table.share == 21)
        for partition in Partition.all {
            table.looked(partition, isFree: partition.number.isMultiple(of: 2), asked: at(0))
        }
        let claims = table.claims { $0.reversed() }
        #expect(claims.count == 21)
        #expect(claims.allSatisfy { $0.number.isMultiple(of: 2) })
        #expect(claims.first?.number == 62)
    }

    @Test(arguments: 1...70) func sharesMakeUpTheWhole(instances: Int) {
        var shares: [Int] = []
        for rank in 0..<instances {
            var table = LeaseTable()
            table.announced(instances: instances, rank: rank)
            shares.append(table.share)
        }
        #expect(shares.reduce(0, +) == Partition.count)
        #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 1)
    }

    /// What is above our share is named once, and renewed until it has been given back.
    @Test func whatIsAboveOurShareLeavesInGoodOrder() {
        var table = LeaseTable()
        for partition in Partition.all {
            _ = table.answered(partition, granted: true, asked: at(0), now: at(1))
        }
        table.announced(instances: 2, rank: 1)
        let surplus = table.surplus()
        #expect(surplus.count == 32)
        #expect(table.surplus() == [])
        #expect(table.held.count == 64)
        let leaving = surplus[0]
        #expect(table.answered(leaving, granted: true, asked: at(2_000), now: at(2_001)) == .none)
        table.gaveBack(leaving, now: at(2_500))
        #expect(table.held.count == 63)
        #expect(table.claims { $0 } == [])
        // A renewal that was under way meanwhile is no new lease.
        #expect(table.answered(leaving, granted: true, asked: at(2_500), now: at(2_501)) == .none)
        #expect(table.held.count == 63)
    }

    /// Who cannot store leaves its partitions to who can; where nobody can, nothing moves.
    @Test func whoHasWithdrawnGivesAllBackWhereThereAreOthers() {
        var table = LeaseTable()
        for partition in Partition.all {
            _ = table.answered(partition, granted: true, asked: at(0), now: at(1))
        }
        table.withdrawn(others: 0)
        #expect(table.surplus() == [])
        table.withdrawn(others: 1)
        #expect(table.surplus() == Partition.all)
        table.gaveBack(first, now: at(1_000))
        table.looked(first, isFree: true, asked: at(2_000))
        #expect(table.claims { $0 } == [])
        table.announced(instances: 2, rank: 0)
        #expect(table.claims { $0 } == [first])
    }

    @Test func aHandoverMakesNoOrphans() {
        var table = LeaseTable()
        for partition in Partition.all {
            _ = table.answered(partition, granted: true, asked: at(0), now: at(1))
        }
        table.gaveBack(first, now: at(1_000))
        table.looked(first, isFree: true, asked: at(2_000))
        #expect(table.orphans(now: at(5_499)) == 0)
        #expect(table.orphans(now: at(5_500)) == 1)
        table.looked(first, isFree: false, asked: at(5_600))
        #expect(table.orphans(now: at(5_700)) == 0)
    }
}
