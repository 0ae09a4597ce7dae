import Testing

@testable import Redis

@Suite struct ReconnectPolicyTests {
    @Test func doublesItsBoundUpToTheLast() {
        var policy = ReconnectPolicy()
        let bounds = (0..<8).map { _ in policy.nextDelay(afterLasting: nil, random: \.upperBound) }
        #expect(bounds == [50, 100, 200, 400, 500, 500, 500, 500])
    }

    @Test func spreadsOverTheWholeRange() {
        var policy = ReconnectPolicy()
        #expect(policy.nextDelay(afterLasting: nil, random: \.lowerBound) == 0)
    }

    @Test func staysAtTheBoundForEver() {
        var policy = ReconnectPolicy()
        for _ in 0..<10_000 { _ = policy.nextDelay(afterLasting: nil, random: \.upperBound) }
        #expect(policy.nextDelay(afterLasting: nil, random: \.upperBound) == 500)
    }

    @Test func beginsAgainAfterAConnectionThatHeld() {
        var policy = ReconnectPolicy()
        for _ in 0..<3 { _ = policy.nextDelay(afterLasting: nil, random: \.upperBound) }
        #expect(policy.nextDelay(afterLasting: 100, random: \.upperBound) == 400)
        #expect(policy.nextDelay(afterLasting: 2_000, random: \.upperBound) == 50)
    }
}
