/// Marks that combine with what stands before them, one after the other.
///
/// For Swift strings are equal however they are put together, so to compare or hash one puts marks into order, in a time
/// that grows with the square of how many follow each other: 64 KiB of them took a third of a second, each time that
/// such a text was compared with a word. So no text from outside becomes a string before it has been looked at here.
///
/// Unicode Standard Annex 15, section 13 (Stream-Safe Text Format), takes 30 for more than any language needs.
public struct CombiningMarks {
    /// How many may follow each other: some people play with more than 30.
    public static let most = 128
    /// Fewer bytes hold no more than that, as a mark takes two at least, and an escape of JSON or of an address six.
    private static let harmless = 2 * most

    private var inARow = 0

    private init() {}

    /// Takes the next scalar; false where it is one mark too many.
    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard Self.isMark(scalar) else {
            inARow = 0
            return true
        }
        inARow += 1
        return inARow <= Self.most
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Most of what is written: Latin letters, ideographs, Hangul.
        case ..<0x300, 0x3400..<0xA640, 0xAC00..<0xD800: false
        default: scalar.properties.canonicalCombiningClass != .notReordered
        }
    }

    /// Whether no more than ``most`` follow each other in a text (UTF-8; what is not counts as U+FFFD).
    public static func areFew(in bytes: UnsafeRawBufferPointer) -> Bool {
        // A loop without a way out takes many bytes at a time.
        guard bytes.count > harmless, bytes.reduce(0, |) >= 0x80 else { return true }
        var marks = CombiningMarks()
        return String(decoding: bytes, as: UTF8.self).unicodeScalars.allSatisfy { marks.take($0) }
    }

    /// The same of bytes of an array: not of any collection, as each byte of those is asked for by a call.
    public static func areFew(in bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { areFew(in: $0) }
    }

    /// The same of a JSON text, whose strings may have them as `\u0301`, too.
    public static func areFew(inJSON bytes: [UInt8]) -> Bool {
        guard bytes.count > harmless, mayHold(bytes) else { return true }
        var marks = CombiningMarks()
        var scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            let taken = scalar == "\\" ? escaped(by: &scalars) : scalar
            guard marks.take(taken) else { return false }
        }
        return true
    }

    private static func mayHold(_ bytes: [UInt8]) -> Bool {
        var isPlain = true
        for byte in bytes where byte >= 0x80 || byte == UInt8(ascii: "\\") { isPlain = false }
        return !isPlain
    }

    /// What an escape stands for: a letter for those that stand for no mark.
    private static func escaped(by scalars: inout Substring.UnicodeScalarView) -> Unicode.Scalar {
        guard scalars.popFirst() == "u", let unit = unit(from: &scalars) else { return "n" }
        if let scalar = Unicode.Scalar(unit) { return scalar }
        let afterLead = scalars
        guard UTF16.isLeadSurrogate(unit), scalars.popFirst() == "\\", scalars.popFirst() == "u",
            let trail = self.unit(from: &scalars), UTF16.isTrailSurrogate(trail)
        else {
            scalars = afterLead
            return "\u{FFFD}"
        }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private static func unit(from scalars: inout Substring.UnicodeScalarView) -> UInt16? {
        let digits = scalars.prefix(4)
        guard digits.count == 4, digits.allSatisfy(\.properties.isASCIIHexDigit),
            let unit = UInt16(String(digits), radix: 16)
        else { return nil }
        scalars = scalars.dropFirst(4)
        return unit
    }
}
