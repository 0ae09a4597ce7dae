internal import Text

/// A check that bytes are one JSON object in which every reader sees the same.
///
/// RFC 8259 leaves open what a second member of one name means, and decoders differ; RFC 7515, section 4
/// lets us refuse it. The check also settles encoding, depth and lone surrogates, so that the lenient
/// decoder that follows has no choices left.
struct StrictJSON {
    enum Fault: Error {
        case syntax
        case duplicateMember
    }

    private static let maxDepth = 16

    private let bytes: [UInt8]
    private var position = 0

    /// Returns if the bytes are one strict object, else throws.
    static func check(_ bytes: [UInt8]) throws(Fault) {
        guard String(validating: bytes, as: UTF8.self) != nil, CombiningMarks.areFew(inJSON: bytes) else {
            throw .syntax
        }
        var scanner = StrictJSON(bytes: bytes)
        scanner.skipSpace()
        guard scanner.peek() == UInt8(ascii: "{") else { throw .syntax }
        try scanner.value(depth: 0)
        scanner.skipSpace()
        guard scanner.peek() == nil else { throw .syntax }
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(Fault) {
        guard depth < Self.maxDepth else { throw .syntax }
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
    }

    private mutating func object(depth: Int) throws(Fault) {
        try expect("{")
        skipSpace()
        if take("}") { return }
        var names: Set<String> = []
        repeat {
            skipSpace()
            guard names.insert(try string()).inserted else { throw .duplicateMember }
            skipSpace()
            try expect(":")
            try value(depth: depth + 1)
            skipSpace()
        } while take(",")
        try expect("}")
    }

    private mutating func array(depth: Int) throws(Fault) {
        try expect("[")
        skipSpace()
        if take("]") { return }
        repeat {
            try value(depth: depth + 1)
            skipSpace()
        } while take(",")
        try expect("]")
    }

    private mutating func literal(_ word: StaticString) throws(Fault) {
        let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
        guard matches else { throw .syntax }
        position += word.utf8CodeUnitCount
    }

    private mutating func number() throws(Fault) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(Fault) {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw .syntax }
    }

    // MARK: Strings

    private mutating func string() throws(Fault) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20: throw .syntax
            default: text.append(byte)
            }
        }
        throw .syntax
    }

    private mutating func escape() throws(Fault) -> Unicode.Scalar {
        switch next() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw .syntax
        }
    }

    private mutating func unicodeEscape() throws(Fault) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), take("\\"), take("u") else { throw .syntax }
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second) else { throw .syntax }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private mutating func codeUnit() throws(Fault) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw .syntax
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    // MARK: Bytes

    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func next() -> UInt8? {
        guard let byte = peek() else { return nil }
        position += 1
        return byte
    }

    private mutating func take(_ symbol: Unicode.Scalar) -> Bool {
        guard let byte = peek(), Unicode.Scalar(byte) == symbol else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: Unicode.Scalar) throws(Fault) {
        guard take(symbol) else { throw .syntax }
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }
}
