import Testing
import Web

@testable import ChatGateway

struct ReadHoldsTests {
    @Test func whoIsSentElsewhereIsHeardOutAfterWhatElseHoldsThem() {
        #expect(ReadHolds().intake == .open)
        #expect(ReadHolds.ending.intake == .ending)
        #expect(ReadHolds([.ending, .pace]).intake == .held)
        #expect(ReadHolds([.ending, .judging]).intake == .held)
        #expect(ReadHolds.pace.intake == .held)
        #expect(ReadHolds.judging.intake == .held)
    }
}
