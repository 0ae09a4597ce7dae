import Testing

@testable import Bench

struct RateSearchTests {
    /// The rates that are tried where all up to `capacity` are good.
    private func search(from start: Double, capacity: Double, most: Double = .infinity) -> (
        tried: [Double], best: Double?
    ) {
        var search = RateSearch(from: start, upTo: most, precision: 0.05)
        var tried: [Double] = []
        while let rate = search.next, tried.count < 100 {
            tried.append(rate)
            search.tried(isGood: rate <= capacity)
        }
        return (tried, search.best)
    }

    @Test(arguments: [500.0, 1_000, 1_001, 5_000, 123_456])
    func theHighestGoodRateIsFoundToAFewPercent(_ capacity: Double) throws {
        let (tried, best) = search(from: 1_000, capacity: capacity)
        let found = try #require(best)
        #expect(found <= capacity && found > capacity * 0.95)
        #expect(tried.count < 30)
    }

    @Test func noRateAboveTheMostIsTried() {
        let (tried, best) = search(from: 100, capacity: 1_000_000, most: 150)
        #expect(best == 150)
        #expect(tried.allSatisfy { $0 <= 150 })
        #expect(search(from: 400, capacity: 1_000_000, most: 150).tried == [150])
    }

    @Test func whereNothingIsGoodItEnds() {
        let (tried, best) = search(from: 1_000, capacity: 0)
        #expect(best == nil)
        #expect(tried.count < 30)
    }
}
