import Testing

@testable import Postgres

@Suite struct SchemaStandingTests {
    private struct Full: Error, CustomStringConvertible { let description = "the disk is full" }
    private var standing = SchemaStanding()
    private let first = SchemaProgress.applying(number: 1, of: 2, name: "a")
    private let second = SchemaProgress.applying(number: 2, of: 2, name: "b")
    private var words: String? { standing.reason.map { "\($0)" } }

    @Test mutating func tellsWhatIsDone() {
        #expect(words == nil)
        standing.began(.looking)
        #expect(words == SchemaProgress.looking.description)
        standing.began(first)
        #expect(words == first.description)
        standing.ended()
        #expect(words == nil)
    }

    @Test mutating func aServerThatIsAwayIsNoProgress() {
        standing.began(.looking)
        standing.failed(Full())
        #expect(words == nil)
        standing.began(.looking)
        #expect(words == SchemaProgress.looking.description)
    }

    @Test mutating func aStepThatFailsIsToldAsThatUntilItSucceeds() {
        standing.began(first)
        standing.failed(Full())
        #expect(words == "the disk is full")
        for _ in 0..<2 {
            standing.began(.looking)
            standing.began(first)
            #expect(words == "the disk is full")
            standing.failed(Full())
        }
        standing.began(.looking)
        standing.failed(Full())
        #expect(words == "the disk is full")
        standing.began(second)
        #expect(words == second.description)
    }
}
