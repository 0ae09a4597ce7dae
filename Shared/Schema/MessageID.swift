/// The id of a message: a UUID of version 7 (RFC 9562, section 5.7), whose time is the message's time.
public struct MessageID: TextIdentifier {
    private let high: UInt64
    private let low: UInt64

    /// Makes an id of this time; 12 bits of the first number and 62 of the second become its random part.
    ///
    /// A time that 48 bits cannot hold is brought to the nearest that they can.
    public init(milliseconds: Int64, random first: UInt64, _ second: UInt64) {
        let time = min(UInt64(clamping: milliseconds), 0xFFFF_FFFF_FFFF)
        high = time << 16 | 0x7000 | first & 0x0FFF
        low = 0x8000_0000_0000_0000 | second & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// Makes an id of this time with the system's randomness.
    public init(milliseconds: Int64) {
        var system = SystemRandomNumberGenerator()
        self.init(milliseconds: milliseconds, random: system.next(), system.next())
    }

    /// Takes the 16 bytes of an id of version 7.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for byte in bytes {
            words.high = words.high << 8 | words.low >> 56
            words.low = words.low << 8 | UInt64(byte)
        }
        self.init(high: words.high, low: words.low)
    }

    /// Takes the text form, in either case (RFC 9562, section 4).
    public init?(_ text: String) {
        var text = text
        let read = text.withUTF8 { MessageID(text: UnsafeRawBufferPointer($0)) }
        guard let read else { return nil }
        self = read
    }

    /// Takes the bytes of the text form.
    init?(text: UnsafeRawBufferPointer) {
        guard text.count == 36, [8, 13, 18, 23].allSatisfy({ text[$0] == UInt8(ascii: "-") }),
            let time = text.hexadecimal(0..<8), let rest = text.hexadecimal(9..<13),
            let random = text.hexadecimal(14..<18), let variant = text.hexadecimal(19..<23),
            let node = text.hexadecimal(24..<36)
        else { return nil }
        self.init(high: time << 32 | rest << 16 | random, low: variant << 48 | node)
    }

    private init?(high: UInt64, low: UInt64) {
        guard high & 0xF000 == 0x7000, low >> 62 == 0b10 else { return nil }
        self.high = high
        self.low = low
    }

    /// The time the message was accepted, in milliseconds since 1970.
    public var milliseconds: Int64 { Int64(truncatingIfNeeded: high >> 16) }

    /// The two halves of its 128 bits.
    public var halves: (high: UInt64, low: UInt64) { (high, low) }

    /// The 16 bytes, first byte first.
    public var bytes: [UInt8] { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) } }

    /// Adds the 16 bytes to others.
    public func append(to bytes: inout [UInt8]) {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bytes.append(contentsOf: $0) }
    }

    /// The text form, in lower case.
    public var text: String { withText { String(decoding: $0, as: UTF8.self) } }

    /// Lends the 36 characters of the text form.
    func withText<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            let memory = UnsafeMutableRawBufferPointer(text)
            Self.write(UInt32(high >> 32), to: memory, at: 0, 4)
            Self.write(UInt32(truncatingIfNeeded: high), to: memory, at: 9, 14)
            Self.write(UInt32(low >> 32), to: memory, at: 19, 24)
            Self.write(UInt32(truncatingIfNeeded: low), to: memory, at: 28, 32)
            for place in [8, 13, 18, 23] { text[place] = UInt8(ascii: "-") }
            return body(UnsafeBufferPointer(text))
        }
    }

    /// Writes the first four digits of a word at one place, the other four at another.
    private static func write(
        _ word: UInt32, to text: UnsafeMutableRawBufferPointer, at first: Int, _ second: Int
    ) {
        let digits = word.hexadecimalDigits.littleEndian
        text.storeBytes(of: UInt32(truncatingIfNeeded: digits), toByteOffset: first, as: UInt32.self)
        text.storeBytes(of: UInt32(digits >> 32), toByteOffset: second, as: UInt32.self)
    }
}

extension MessageID: Comparable {
    /// Orders by time first, as the bytes do.
    public static func < (left: MessageID, right: MessageID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension UInt32 {
    /// The eight digits in lower case, the first in the lowest byte: all of them at a time.
    fileprivate var hexadecimalDigits: UInt64 {
        // Each four bits into a byte of their own.
        var digits = UInt64(self)
        digits = (digits | digits << 16) & 0x0000_FFFF_0000_FFFF
        digits = (digits | digits << 8) & 0x00FF_00FF_00FF_00FF
        digits = (digits | digits << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // Six more carry into the next four bits where the digit is a letter.
        let letters = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (digits + 0x3030_3030_3030_3030 + letters * 0x27).byteSwapped
    }
}

extension UnsafeRawBufferPointer {
    /// What digits say, no more than sixteen and all there.
    fileprivate func hexadecimal(_ digits: Range<Int>) -> UInt64? {
        var value: UInt64 = 0
        for index in digits {
            guard let digit = self[index].hexadecimalValue else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}

extension UInt8 {
    var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }

    /// The lower-case digit of the lowest four bits.
    init(hexadecimalDigit bits: UInt64) {
        let value = UInt8(truncatingIfNeeded: bits & 0xF)
        self = value < 10 ? 0x30 + value : 0x61 + value - 10
    }
}
