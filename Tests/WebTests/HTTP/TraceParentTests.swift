import Testing
import Web

/// W3C Trace Context, section 3.2.
struct TraceParentTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"

    @Test(arguments: ["00-\(trace)-01", "00-\(trace)-00", "00-\(trace)-ff", "cc-\(trace)-01"])
    func oneThatCanBeReadIsKeptAsItCame(value: String) {
        #expect(TraceParent(value)?.bytes == Array(value.utf8))
    }

    /// Of a later version the part that is known is kept.
    @Test func whatALaterVersionHasBehindItIsCutOff() {
        #expect(TraceParent("cc-\(Self.trace)-01-more")?.bytes == Array("cc-\(Self.trace)-01".utf8))
    }

    @Test(arguments: [
        "", "-", "00", "00-\(trace)", "00-\(trace)-0", "00-\(trace)-01-more", "00-\(trace)-01.",
        "cc-\(trace)-01.more",
        "ff-\(trace)-01", "0-\(trace)-01", "00-\(trace)-0g", " 00-\(trace)-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47360-0f067aa0ba902b7-01", "00_\(trace)_01", "00-\(trace)-é",
    ])
    func whatNobodyCanReadIsNone(value: String) {
        #expect(TraceParent(value) == nil)
    }
}
