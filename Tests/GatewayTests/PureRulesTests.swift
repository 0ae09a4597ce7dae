import Testing

@testable import ChatGateway

struct LaneTests {
    @Test func oneAtATimeInOrder() {
        var lane = Lane<Int>()
        let begun = [lane.enter(1), lane.enter(2), lane.enter(3)]
        #expect(begun == [1, nil, nil])
        #expect(lane.waitingCount == 2)
        let followed = [lane.settled(), lane.settled(), lane.settled(), lane.enter(4)]
        #expect(followed == [2, 3, nil, 4])
    }
}

struct HeadcountTests {
    @Test func devicesAreCounted() {
        var count = Headcount<String>()
        let step8 = count.arrive("alice")
        #expect(step8 == 1)
        let step9 = count.arrive("alice")
        #expect(step9 == 2)
        let step10 = count.depart("alice", lingers: false)
        #expect(step10 == 1)
        let step11 = count.depart("alice", lingers: false)
        #expect(step11 == 0)
        let step12 = count.depart("alice", lingers: false)
        #expect(step12 == 0)
        #expect(count.all.isEmpty)
    }

    @Test func oneWhoWasLostStillCountsForAWhile() {
        var count = Headcount<String>()
        _ = count.arrive("alice")
        let step13 = count.depart("alice", lingers: true)
        #expect(step13 == 1)
        let step14 = count.lingered("alice")
        #expect(step14 == 0)
        let step15 = count.lingered("alice")
        #expect(step15 == 0)
        #expect(count.all.isEmpty)
    }

    @Test func whoComesTakesThePlaceOfOneWhoWasLost() {
        var count = Headcount<String>()
        _ = count.arrive("alice")
        _ = count.depart("alice", lingers: true)
        let back = count.arrive("alice")
        #expect(back == 1)
        let over = count.lingered("alice")
        #expect(over == 1)
        let gone = count.depart("alice", lingers: false)
        #expect(gone == 0)
        #expect(count.all.isEmpty)
    }

    /// The time of one whose place was taken is not that of one who was lost later.
    @Test func whoWasLostLaterLingersAsLong() {
        var count = Headcount<String>()
        _ = count.arrive("alice")
        _ = count.depart("alice", lingers: true)
        _ = count.arrive("alice")
        _ = count.depart("alice", lingers: true)
        let first = count.lingered("alice")
        #expect(first == 1)
        let second = count.lingered("alice")
        #expect(second == 0)
        #expect(count.all.isEmpty)
    }
}
