import Testing

@testable import ChatGateway

struct SendLaneTests {
    @Test func oneAtATimeInOrder() {
        var lane = SendLane<Int>()
        let step1 = lane.enter(1)
        #expect(step1 == 1)
        let step2 = lane.enter(2)
        #expect(step2 == nil)
        let step3 = lane.enter(3)
        #expect(step3 == nil)
        let step4 = lane.settled()
        #expect(step4 == 2)
        let step5 = lane.settled()
        #expect(step5 == 3)
        let step6 = lane.settled()
        #expect(step6 == nil)
        #expect(lane.isIdle)
        let step7 = lane.enter(4)
        #expect(step7 == 4)
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
        let step14 = count.arrive("alice")
        #expect(step14 == 2)
        let step15 = count.lingered("alice")
        #expect(step15 == 1)
        let step16 = count.lingered("alice")
        #expect(step16 == 1)
    }
}
