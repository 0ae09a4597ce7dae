import Testing

@testable import Bench

struct StepsTests {
    @Test(arguments: [
        ("connect", Steps.Step.connect), ("cut", .cut), ("send 25", .send(25)),
        ("send 1000000", .send(1_000_000)),
    ])
    func stepsAreRead(line: String, step: Steps.Step) {
        #expect(Steps.Step(line) == step)
    }

    @Test(arguments: [
        "", "send", "send 0", "send -1", "send 1000001", "send x", "send 1 2", "connect 1", "Cut",
    ])
    func otherLinesAreNoSteps(line: String) {
        #expect(Steps.Step(line) == nil)
    }
}
