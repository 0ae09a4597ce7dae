import Testing

@testable import Postgres

struct BackoffTests {
    @Test(arguments: [(0, 100), (1, 100), (2, 200), (5, 1_600), (7, 5_000), (1_000_000, 5_000)])
    func growsToItsBound(failures: Int, most: Int) {
        #expect(Backoff().delay(failures: failures) { $0.upperBound } == most)
        #expect(Backoff().delay(failures: failures) { $0.lowerBound } == 0)
    }
}
