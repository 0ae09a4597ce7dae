import Testing
import Web

@Suite struct UTF8CheckTests {
    /// What the standard library says is the oracle.
    private func isValid(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    private func check(_ parts: [[UInt8]]) -> Bool {
        var check = UTF8Check()
        return parts.allSatisfy { part in part.withUnsafeBytes { check.check($0) } } && check.isComplete
    }

    @Test func agreesOnEveryPairAndTripleOfInterest() {
        let edges: [UInt8] = [
            0, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
            0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for a in UInt8.min...UInt8.max {
            #expect(check([[a]]) == isValid([a]))
            for b in UInt8.min...UInt8.max where check([[a, b]]) != isValid([a, b]) {
                Issue.record("\(a) \(b)")
            }
        }
        for a in edges {
            for b in edges {
                for c in edges {
                    for d in edges where check([[a, b, c, d]]) != isValid([a, b, c, d]) {
                        Issue.record("\(a) \(b) \(c) \(d)")
                    }
                }
            }
        }
    }

    @Test func agreesHoweverTheTextIsCut() {
        let text = Array(
            "plain words of sixteen and more, κόσμε, 日本語, 👋🏽, then a long tail of plain text".utf8)
        for parts in splits(of: text) { #expect(check(parts)) }
        for index in text.indices {
            var broken = text
            broken[index] ^= 0x80
            let expected = isValid(broken)
            for parts in splits(of: broken, randomCuts: 5) where check(parts) != expected {
                Issue.record("byte \(index), \(parts.count) parts")
            }
        }
    }

    @Test func knowsAnUnfinishedCharacter() {
        #expect(!check([[0x61, 0xE2, 0x82]]))
        #expect(check([[0x61, 0xE2], [0x82], [0xAC]]))
    }
}
