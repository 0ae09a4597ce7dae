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
        let stands = text.withUTF8Buffer { expected in
            for index in 0..<length where input[offset + index] != expected[index] { return false }
            return true
        }
        if stands { offset += length }
        return stands
    }

    mutating func skipWhitespace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// Passes what stands for itself in a JSON string: all before a quote, a backslash or a control character.
    mutating func skipPlain() -> UnsafeRawBufferPointer {
        let start = offset
        while let next = bytes(offset, count: 16), next.isPlain { offset += 16 }
        while offset < input.count, !input[offset].endsPlain { offset += 1 }
        return UnsafeRawBufferPointer(rebasing: input[start..<offset])
    }

    private func bytes(_ start: Int, count: Int) -> UnsafeRawBufferPointer? {
        guard count <= input.count - start else { return nil }
        return UnsafeRawBufferPointer(rebasing: input[start..<start + count])
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

// Both look at all bytes whatever they find: loops without a way out take many bytes at a time.
extension UnsafeRawBufferPointer {
    /// Whether all bytes stand for themselves in a JSON string.
    var isPlain: Bool {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        var others: UInt8 = 0
        for byte in self {
            others |= (byte < 0x20 ? 1 : 0) | (byte == quote ? 1 : 0) | (byte == backslash ? 1 : 0)
        }
        return others == 0
    }

    /// Whether all bytes are ASCII.
    var isASCII: Bool { reduce(0, |) < 0x80 }
}

extension [UInt8] {
    /// Lends the bytes, with a typed error.
    func withRawBytes<T, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> T) throws(E) -> T {
        try withUnsafeBufferPointer { buffer throws(E) in try body(UnsafeRawBufferPointer(buffer)) }
    }
}
