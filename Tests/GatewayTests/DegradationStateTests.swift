import Engine
import Testing

@testable import ChatGateway

@Suite("A part is told as failed, and as back, only when looks at it agree for a while")
struct DegradationStateTests {
    private static let pace = DegradationState.Pace(patience: 500, calm: 200, settling: 2_000)

    /// What a sequence of looks, each at its time, leads to: `+` looks well, `-` looks down, `?` could not look.
    private func changes(_ looks: [(Int64, Character)], isDegraded: Bool = false)
        -> [(at: Int64, DegradationState.Change)]
    {
        var state = DegradationState(Self.pace, isDegraded: isDegraded)
        var changes: [(Int64, DegradationState.Change)] = []
        for (time, look) in looks {
            guard look != "?" else {
                state.blind()
                continue
            }
            if let change = state.looked(isUp: look == "+", at: Instant(milliseconds: time)) {
                changes.append((time, change))
            }
        }
        return changes
    }

    @Test(
        "Only what lasts is told",
        arguments: [
            ("a blip", "+ 0 + 3000 - 3100 - 3500 + 3600 - 3700 - 4100 + 4200", ""),
            ("an outage", "+ 0 + 3000 - 3100 - 3500 - 3600 - 9000", "3600 degraded"),
            ("a return", "+ 0 - 3000 - 3500 + 4000 + 4200 + 4300", "3500 degraded, 4200 restored"),
            ("a false return", "+ 0 - 3000 - 3500 + 4000 - 4100 + 4150 + 4300", "3500 degraded"),
            ("down from the start", "- 0 - 500 - 1900 - 2000", "2000 degraded"),
            ("slow to come", "- 0 - 1900 + 1950 + 2500", ""),
            (
                "down after a while of not knowing", "+ 0 + 3000 - 3100 ? 3200 - 9000 - 9600 - 11000",
                "11000 degraded"
            ),
            (
                "still down after it", "+ 0 - 3000 - 3500 ? 3600 - 9000 + 9100 + 9300",
                "3500 degraded, 9300 restored"
            ),
        ] as [(String, String, String)])
    func told(name: String, looks: String, expected: String) {
        let words = looks.split(separator: " ")
        let pairs = stride(from: 0, to: words.count - 1, by: 2).compactMap { index in
            words[index].first.flatMap { look in Int64(words[index + 1]).map { ($0, look) } }
        }
        let told = changes(pairs).map { "\($0.at) \($0.1)" }.joined(separator: ", ")
        #expect(told == expected)
    }

    @Test("What begins as failed is there with the first good look, where no calm is asked for")
    func readiness() {
        var state = DegradationState(.init(patience: 1_500, calm: 0, settling: 0), isDegraded: true)
        #expect(state.isDegraded)
        let change = state.looked(isUp: true, at: Instant(milliseconds: 7))
        #expect(change == .restored)
        #expect(!state.isDegraded)
    }
}
