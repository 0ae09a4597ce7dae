import Testing

@testable import ChatAuth

@Suite struct AllowancesTests {
    /// Spends so often at one moment.
    private func spent(_ count: Int, most: Int = 3, windowSeconds: Int = 30) -> Allowances<String> {
        var allowances = Allowances<String>(most: most, windowSeconds: windowSeconds)
        for _ in 0..<count { allowances.spend("alice", now: 0) }
        return allowances
    }

    @Test func soMuchGoesAtOnce() {
        #expect((0...4).map { spent($0).wait(of: "alice", now: 0) } == [nil, nil, nil, 10, 20])
    }

    @Test func eachComesBackByItself() {
        let allowances = spent(3)
        #expect(allowances.wait(of: "alice", now: 1) == 10)
        #expect(allowances.wait(of: "alice", now: 9_000) == 1)
        #expect(allowances.wait(of: "alice", now: 9_999) == 1)
        #expect(allowances.wait(of: "alice", now: 10_000) == nil)
    }

    @Test func whoHasWaitedLongHasNoMoreThanAll() {
        var allowances = spent(3)
        for _ in 0..<3 { allowances.spend("alice", now: 1_000_000) }
        #expect(allowances.wait(of: "alice", now: 1_000_000) == 10)
    }

    @Test func everybodyHasTheirOwn() {
        #expect(spent(9).wait(of: "bob", now: 0) == nil)
    }

    /// More in a window than it has milliseconds.
    @Test func manyInAShortTimeAreABoundToo() {
        #expect(spent(5_000, most: 5_000, windowSeconds: 1).wait(of: "alice", now: 0) == 1)
        #expect(spent(4_999, most: 5_000, windowSeconds: 1).wait(of: "alice", now: 0) == nil)
    }

    @Test func theTableIsBoundedAndKeepsWhoHasSpentMost() {
        var allowances = Allowances<String>(most: 3, windowSeconds: 30, capacity: 100)
        for _ in 0..<3 { allowances.spend("alice", now: 0) }
        for number in 0..<1_000 { allowances.spend("user-\(number)", now: 0) }
        #expect(allowances.count <= 100)
        #expect(allowances.wait(of: "alice", now: 0) == 10)
    }
}
