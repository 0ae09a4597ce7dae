import Schema
import Testing

@Suite struct MessageIDTests {
    /// The example of RFC 9562, appendix A.6.
    private let example = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

    @Test func exampleOfTheRFC() throws {
        let made = MessageID(milliseconds: 1_645_557_742_000, random: 0xCC3, 0x18C4_DC0C_0C07_398F)
        #expect(made.text == example)
        #expect(made.milliseconds == 1_645_557_742_000)
        #expect(MessageID(example) == made)
        #expect(MessageID(example.uppercased()) == made)
        #expect(MessageID(bytes: made.bytes) == made)
        let digits = made.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(digits == example.replacing("-", with: ""))
    }

    @Test(
        "What is no UUID of version 7 is refused",
        arguments: [
            "", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
            "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
            "x17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", "017f22e2079b0-7cc3-98c4-dc0c0c07398f",
            "{17f22e2-79b0-7cc3-98c4-dc0c0c0739}",
        ])
    func badText(text: String) {
        #expect(MessageID(text) == nil)
    }

    @Test("One character that is wrong is enough, wherever it stands", arguments: 0..<36)
    func badPlace(place: Int) {
        for wrong in "/:@G`g- \u{7F}é" {
            var text = Array(example)
            guard text[place] != wrong else { continue }
            text[place] = wrong
            #expect(MessageID(String(text)) == nil)
        }
    }

    @Test func badBytes() throws {
        var bytes = try #require(MessageID(example)).bytes
        #expect(MessageID(bytes: Array(bytes.dropLast())) == nil)
        #expect(MessageID(bytes: bytes + [0]) == nil)
        bytes[6] = 0x4C
        #expect(MessageID(bytes: bytes) == nil)
    }

    @Test(
        "Any time and any random number make a well-formed id",
        arguments: [Int64.min, -1, 0, 1, 1 << 48, .max])
    func extremes(milliseconds: Int64) {
        let made = MessageID(milliseconds: milliseconds, random: .max, .max)
        #expect(MessageID(made.text) == made)
        #expect(made.milliseconds == min(max(milliseconds, 0), (1 << 48) - 1))
    }

    @Test func laterIsGreater() {
        #expect(MessageID(milliseconds: 1, random: .max, .max) < MessageID(milliseconds: 2, random: 0, 0))
        #expect(MessageID(milliseconds: 5) != MessageID(milliseconds: 5))
    }
}
