import Bus
import Schema
import Testing

@testable import ChatGateway

struct LogPassageTests {
    private let remembered = LogExtent(
        newest: LogPosition(epoch: "d", seq: 410), first: 401,
        past: [
            PastEpoch(epoch: "a", first: 1, last: 9), PastEpoch(epoch: "b", first: 201, last: 205),
            PastEpoch(epoch: "c", first: 301, last: 300),
        ])

    @Test(arguments: [
        ("a:3", "a:3", []),
        ("a:3", "a:5", ["gap a 4-5"]),
        // The place before the first of the next epoch, from the end of the one before.
        ("b:205", "d:400", ["epoch d 401 after b:205"]),
        ("b:205", "d:402", ["epoch d 401 after b:205", "gap d 401-402"]),
        ("b:203", "d:400", ["gap b 204-205", "epoch d 401 after b:205"]),
        // Beyond the end that the room remembers: the archive had more.
        ("b:220", "d:400", ["epoch d 401 after b:220"]),
        // A whole epoch is gone; one without an envelope is not worth a word.
        ("a:9", "d:400", ["epoch b 201 after a:9", "gap b 201-205", "epoch d 401 after b:205"]),
        ("a:8", "b:201", ["gap a 9-9", "epoch b 201 after a:9", "gap b 201-201"]),
        // Epochs that the room has forgotten.
        ("x:3", "y:8", ["epoch y 9 after x:3"]),
    ])
    func noticesTellWhatIsMissing(from start: String, to end: String, told: [String]) throws {
        #expect(try tell(start, end, LogGround(extent: remembered)) == told)
    }

    @Test(arguments: [
        ("a:3", "a:5", ["gap a 4-5"]),
        ("b:205", "d:400", ["gap b 206-400", "epoch d 401 after b:400"]),
        ("b:205", "d:402", ["gap b 206-400", "epoch d 401 after b:400", "gap d 401-402"]),
    ])
    func whatNobodyCouldLookForMayBeMissing(from start: String, to end: String, told: [String]) throws {
        #expect(try tell(start, end, LogGround(extent: remembered, isSought: false)) == told)
    }

    @Test(arguments: [LogGround(), LogGround(isSought: false)])
    func aPlaceAtTheEndOfAllNumbersIsPassed(ground: LogGround) {
        let end = LogPosition(epoch: "e", seq: .max)
        #expect(LogPassage.notices(from: end, to: end, over: ground).isEmpty)
        #expect(!LogPassage.notices(from: LogPosition(epoch: "d", seq: 1), to: end, over: ground).isEmpty)
    }

    private func tell(_ start: String, _ end: String, _ ground: LogGround) throws -> [String] {
        let (start, end) = (
            try #require(LogPosition(parsing: start)), try #require(LogPosition(parsing: end))
        )
        return LogPassage.notices(from: start, to: end, over: ground).map { notice in
            switch notice {
            case .gap(let epoch, let seqs): "gap \(epoch) \(seqs.lowerBound)-\(seqs.upperBound)"
            case .epoch(let first, let previous): "epoch \(first.epoch) \(first.seq) after \(previous)"
            }
        }
    }
}
