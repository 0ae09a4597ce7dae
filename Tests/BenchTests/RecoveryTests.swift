import Testing

@testable import Bench

struct RecoveryTests {
    @Test(arguments: [(0.0, true), (0.04, true), (0.06, false), (0.5, false)])
    func whoUsesATenthOfACoreIsNotQuiet(used: Double, isQuiet: Bool) {
        let before = Recovery.Use(at: 1_000_000_000, cpuSeconds: 7)
        let after = Recovery.Use(at: 1_500_000_000, cpuSeconds: 7 + used)
        #expect(Recovery.isQuiet(from: before, to: after) == isQuiet)
    }
}
