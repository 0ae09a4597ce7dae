import Schema
import Testing

@testable import ChatGateway

struct MemberComparisonTests {
    @Test func whoComesInByAnOlderListMeanwhileIsComparedToo() throws {
        let alice = try #require(UserHandle("alice"))
        let bob = try #require(UserHandle("bob"))
        var comparison = MemberComparison()
        #expect(comparison.next { _ in [alice] } == [alice])
        comparison.answered(mv: 7)
        var versions: [Int64] = []
        let late = comparison.next { mv in
            versions.append(mv)
            return [alice, bob]
        }
        #expect(late == [bob])
        #expect(versions == [7])
        comparison.answered(mv: 8)
        // Alice is known in version 7 alone.
        #expect(comparison.next { _ in [alice, bob] } == nil)
        #expect(comparison.mv == 7)
    }

    @Test func manyAreComparedAFewAtATime() {
        let all = (0..<1_200).compactMap { UserHandle("user-\($0)") }
        var comparison = MemberComparison()
        var asked: [[UserHandle]] = []
        while let users = comparison.next(seenBefore: { _ in all }) {
            asked.append(users)
            comparison.answered(mv: 3)
        }
        #expect(asked.map(\.count) == [500, 500, 200])
        #expect(Set(asked.joined()) == Set(all))
    }

    @Test func anEmptyRoomIsAskedAboutForItsVersion() {
        var comparison = MemberComparison()
        #expect(comparison.next { _ in [] } == [])
        comparison.answered(mv: 4)
        #expect(comparison.next { _ in [] } == nil)
        #expect(comparison.mv == 4)
    }
}
