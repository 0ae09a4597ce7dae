/// A place in bytes that came from outside; no way of moving it leaves them.
struct ByteScanner {
    private let input: UnsafeRawBufferPointer

    /// How far it has come: never beyond the end.
    private(set) var offset = 0

    /// The bytes must stay valid as long as the scanner is used: both live within one call.
    init(_ input: UnsafeRawBufferPointer) {
        self.input = input
    }

    var isAtEnd: Bool { offset == input.count }

    /// The next byte, if there is one.
    func peek() -> UInt8? {
        offset < input.count ? input[offset] : nil
    }

    /// Takes the next byte, if there is one.
    mutating func next() -> UInt8? {
        guard let byte = peek() else { return nil }
        offset += 1
        return byte
    }

    /// Passes the next byte, if there is one.
    mutating func advance() {
        offset = min(offset + 1, input.count)
    }

    /// The bytes of a range, as far as there are any.
    func bytes(_ range: Range<Int>) -> Slice<UnsafeRawBufferPointer> {
        input[range.clamped(to: 0..<input.count)]
    }

    /// Passes this byte if it stands here, else stays.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        offset += 1
        return true
    }

    /// Passes this text if it stands here, else stays.
    mutating func skip(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard length <= input.count - offset else { return false }
        guard UnsafeRawBufferPointer(rebasing: input[offset...]).begins(with: text) else { return false }
        offset += length
        return true
    }

    mutating func skipWhitespace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// Passes what stands for itself in a JSON string: all before a quote, a backslash or a control character.
    mutating func skipPlain() -> UnsafeRawBufferPointer {
        let start = offset
        while input.count - offset >= 8 {
            let plain = input.word(at: offset).countBeforePlainEnds
            offset += plain
            guard plain == 8 else { return UnsafeRawBufferPointer(rebasing: input[start..<offset]) }
        }
        while offset < input.count, !input[offset].endsPlain { offset += 1 }
        return UnsafeRawBufferPointer(rebasing: input[start..<offset])
    }

    /// Passes decimal digits and tells how many.
    mutating func skipDigits() -> Int {
        let start = offset
        while let byte = peek(), (0x30...0x39).contains(byte) { offset += 1 }
        return offset - start
    }

    /// Takes a whole number without a sign, if one stands here and fits.
    mutating func wholeNumber() -> Int64? {
        var value: Int64 = 0
        let start = offset
        while let byte = peek(), (0x30...0x39).contains(byte) {
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(Int64(byte &- 0x30))
            guard !tooLarge, !overflow else { return nil }
            value = sum
            offset += 1
        }
        return offset > start ? value : nil
    }

    /// Takes the inside of a quoted text that has no escapes, if one stands here.
    mutating func plainText() -> UnsafeRawBufferPointer? {
        guard skip(UInt8(ascii: "\"")) else { return nil }
        let text = skipPlain()
        return skip(UInt8(ascii: "\"")) ? text : nil
    }
}

extension UInt8 {
    /// Whether it does not stand for itself in a JSON string (RFC 8259, section 7).
    var endsPlain: Bool { self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\") }
}

extension UInt64 {
    /// Of eight bytes, the lowest first: how many stand before the first that does not stand for itself in a JSON string.
    ///
    /// In each byte that is looked for its highest bit is set; a borrow can only set one above such a byte in vain.
    fileprivate var countBeforePlainEnds: Int {
        let ends = (self &- 0x20 * .ones) & ~self | zeros(UInt8(ascii: "\"")) | zeros(UInt8(ascii: "\\"))
        return (ends & (0x80 * .ones)).trailingZeroBitCount / 8
    }

    /// Has the highest bit set in each byte that is this one.
    private func zeros(_ byte: UInt8) -> UInt64 {
        let difference = self ^ UInt64(byte) * .ones
        return (difference &- .ones) & ~difference
    }

    /// 1 in each byte.
    private static let ones: UInt64 = 0x0101_0101_0101_0101
}

extension UnsafeRawBufferPointer {
    /// Eight bytes, of which the first is the lowest; all must be there.
    fileprivate func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Whether the first bytes are these.
    func begins(with text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            guard text.count <= count else { return false }
            let text = UnsafeRawBufferPointer(text)
            guard text.count >= 8 else { return text.indices.allSatisfy { self[$0] == text[$0] } }
            // The last eight may be looked at again in part.
            let last = text.count - 8
            var offset = 0
            while offset < last {
                guard word(at: offset) == text.word(at: offset) else { return false }
                offset += 8
            }
            return word(at: last) == text.word(at: last)
        }
    }

    /// Whether all bytes stand for themselves in a JSON string.
    var isPlain: Bool {
        guard count >= 8 else { return allSatisfy { !$0.endsPlain } }
        // The last eight may be looked at again in part.
        var offset = 0
        while offset < count - 8 {
            guard word(at: offset).countBeforePlainEnds == 8 else { return false }
            offset += 8
        }
        return word(at: count - 8).countBeforePlainEnds == 8
    }

    /// Whether all bytes are ASCII; a loop without a way out takes many bytes at a time.
    var isASCII: Bool { reduce(0, |) < 0x80 }
}

extension [UInt8] {
    /// Lends the bytes, with a typed error.
    func withRawBytes<T, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> T) throws(E) -> T {
        try withUnsafeBufferPointer { buffer throws(E) in try body(UnsafeRawBufferPointer(buffer)) }
    }
}
