import Schema
import Testing
import Web

@testable import ChatGateway

struct ConnectionCensusTests {
    private func opened(_ census: inout ConnectionCensus, _ addresses: [String]) -> [Bool] {
        addresses.map { census.opened(from: AddressKey($0)) }
    }

    @Test func oneMoreThanTheLimitOfAnAddressIsTooMany() {
        var census = ConnectionCensus(perAddress: 2, perUser: 0)
        #expect(opened(&census, ["a", "a", "b", "a"]) == [true, true, true, false])
        census.ended(from: AddressKey("a"))
        census.ended(from: AddressKey("a"))
        #expect(opened(&census, ["a", "a"]) == [true, false])
    }

    @Test func aUserIsCountedWhereverTheyComeFrom() throws {
        let alice = try #require(UserHandle("alice"))
        var census = ConnectionCensus(perAddress: 0, perUser: 1)
        let verdicts = [census.admitted(alice), census.admitted(alice)]
        #expect(verdicts == [true, false])
        census.ended(alice)
        census.ended(alice)
        let again = census.admitted(alice)
        #expect(again)
    }

    @Test func zeroIsNoLimit() {
        var census = ConnectionCensus(perAddress: 0, perUser: 0)
        #expect(!opened(&census, Array(repeating: "a", count: 1_000)).contains(false))
    }
}
