/// A set of bytes that is asked about each byte of a request: 256 bits.
struct ByteTable: Sendable {
    private var bits: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static let token = ByteTable(lettersDigitsAnd: "!#$%&'*+-.^_`|~")

    /// Makes a set of all letters and digits and of these marks.
    init(lettersDigitsAnd marks: String) {
        let letters = "abcdefghijklmnopqrstuvwxyz"
        for byte in (letters + letters.uppercased() + "0123456789" + marks).utf8 { insert(byte) }
    }

    func contains(_ byte: UInt8) -> Bool {
        let bit: UInt64 = 1 << UInt64(byte & 63)
        return switch byte >> 6 {
        case 0: bits.0 & bit != 0
        case 1: bits.1 & bit != 0
        case 2: bits.2 & bit != 0
        default: bits.3 & bit != 0
        }
    }

    private mutating func insert(_ byte: UInt8) {
        let bit: UInt64 = 1 << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: bits.0 |= bit
        case 1: bits.1 |= bit
        case 2: bits.2 |= bit
        default: bits.3 |= bit
        }
    }
}
