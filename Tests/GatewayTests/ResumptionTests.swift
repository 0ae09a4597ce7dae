import Bus
import Schema
import Testing

@testable import ChatGateway

struct ResumptionTests {
    private let log = LogExtent(
        newest: LogPosition(epoch: "c", seq: 6_500), first: 6_001,
        past: [PastEpoch(epoch: "a", first: 1, last: 9), PastEpoch(epoch: "b", first: 5_001, last: 5_000)])

    @Test(arguments: [
        ("c:6500", Resumption.known), ("c:6001", .known), ("c:6000", .known), ("c:5999", .unknown),
        ("c:6501", .unknown), ("a:0", .known), ("a:9", .known), ("a:10", .askArchive), ("b:5000", .known),
        ("b:5001", .askArchive), ("b:4999", .unknown), ("x:3", .unknown),
    ])
    func aPlaceCountsAsFarAsItIsKnown(since: String, resumption: Resumption) throws {
        #expect(Resumption(of: try #require(LogPosition(parsing: since)), in: log) == resumption)
    }

    @Test(arguments: [
        ("c:6500", Int64.max, 0), ("c:6000", .max, 500), ("a:9", .max, 500), ("a:0", .max, 509),
        ("a:4", 6_101, 105), ("a:4", 6_001, 5), ("c:6200", 6_101, 0),
    ])
    func whatLiesBetweenIsCountedOverEpochs(since: String, below: Int64, count: Int64) throws {
        let since = try #require(LogPosition(parsing: since))
        #expect(Resumption.count(after: since, below: below, in: log) == count)
    }
}
