import Testing

@testable import ChatGateway

struct ChannelHearingTests {
    @Test func onlyThePresentSubscriptionHearsThatItIsReady() {
        var hearing = ChannelHearing(loops: 2)
        let first = hearing.want("a", at: 1).new
        let isReady = hearing.ready(first.number)
        #expect(isReady)
        let ended = hearing.unwant("a")
        #expect(ended == first)
        let second = hearing.want("a", at: 1).new
        let verdicts = [hearing.ready(first.number), hearing.ready(second.number)]
        #expect(verdicts == [false, true], "the first may still be told of")
    }

    @Test func aSecondSubscriptionReplacesTheFirst() {
        var hearing = ChannelHearing(loops: 1)
        let first = hearing.want("a", at: 0).new
        let (second, replaced) = hearing.want("a", at: 0)
        #expect(replaced == first)
        #expect(second.number != first.number)
    }

    @Test func itIsRestoredWhenAllHomesAreAndAllThatWasWantedIsHeardAgain() {
        var hearing = ChannelHearing(loops: 2)
        let numbers = [hearing.want("a", at: 0).new.number, hearing.want("b", at: 1).new.number]
        hearing.up(0)
        _ = hearing.ready(numbers[0])
        #expect(!hearing.isRestored)
        hearing.up(1)
        #expect(!hearing.isRestored)
        _ = hearing.ready(numbers[1])
        #expect(hearing.isRestored)
        _ = hearing.want("c", at: 1)
        #expect(hearing.isRestored, "what is new does not count")
        hearing.down(1)
        #expect(!hearing.isRestored)
        hearing.up(1)
        _ = hearing.ready(numbers[1])
        #expect(!hearing.isRestored)
        _ = hearing.unwant("c")
        #expect(hearing.isRestored)
    }
}
