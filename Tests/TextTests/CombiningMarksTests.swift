import Testing
import Text

struct CombiningMarksTests {
    /// `a`, and so many marks, of which no two neighbours are alike.
    private func marked(_ count: Int) -> String {
        var scalars = "a".unicodeScalars
        for number in 0..<count { scalars.append(number.isMultiple(of: 2) ? "\u{301}" : "\u{316}") }
        return String(scalars)
    }

    @Test func asManyAsAnybodyPlaysWithAreFew() {
        #expect(CombiningMarks.areFew(in: Array(marked(128).utf8)[...]))
        #expect(!CombiningMarks.areFew(in: Array(marked(129).utf8)[...]))
        // Letters between begin anew.
        let word = String(repeating: marked(128), count: 10)
        #expect(CombiningMarks.areFew(in: Array(word.utf8)[...]))
        #expect(!CombiningMarks.areFew(in: Array((word + marked(129)).utf8)[...]))
    }

    /// Of each script that is passed over by its place, and of those that are not.
    @Test(arguments: ["x", "é", "字", "한", "か", "😀", "क", "ا", "\u{A66E}", "\u{AA00}"])
    func languagesHaveFew(letter: String) {
        let text = Array(String(repeating: letter, count: 2_000).utf8)
        #expect(CombiningMarks.areFew(in: text[...]))
        #expect(CombiningMarks.areFew(inJSON: text))
    }

    /// No mark stands where it is not looked for.
    @Test func noMarkIsPassedOver() {
        for range in [0..<0x300, 0x3400..<0xA640, 0xAC00..<0xD800] as [Range<UInt32>] {
            let marks = range.compactMap(Unicode.Scalar.init).filter {
                $0.properties.canonicalCombiningClass != .notReordered
            }
            #expect(marks.isEmpty)
        }
    }

    @Test(arguments: ["\\u0301", "\\u0316", "\\uD834\\uDD65", "\u{301}", "\u{1D165}"])
    func thoseOfJSONMayBeEscaped(mark: String) {
        func json(_ count: Int) -> [UInt8] {
            Array(("{\"a" + String(repeating: mark, count: count) + "\":1}").utf8)
        }
        #expect(CombiningMarks.areFew(inJSON: json(128)))
        #expect(!CombiningMarks.areFew(inJSON: json(129)))
    }

    /// A backslash that is escaped escapes nothing, and what is no escape ends no run that it is not part of.
    @Test(arguments: ["\\\\u0301", "\\ud83d\\ude00", "\\n", "\\ud83d", "\\u03", "\\u+301", "\\"])
    func whatIsNoMarkCountsForNone(piece: String) {
        let text = Array(String(repeating: piece, count: 1_000).utf8)
        #expect(CombiningMarks.areFew(inJSON: text))
    }

    @Test func aBrokenTextIsNoReasonToStop() {
        let bytes = [UInt8](repeating: 0xCC, count: 2_000)
        #expect(CombiningMarks.areFew(in: bytes[...]))
        #expect(CombiningMarks.areFew(inJSON: bytes))
    }
}
