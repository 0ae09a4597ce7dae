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

    /// Goes back over bytes already taken.
    mutating func step(back count: Int) {
        offset = max(offset - count, 0)
    }

    /// The bytes of a range, as far as there are any.
    func bytes(_ range: Range<Int>) -> Slice<UnsafeRawBufferPointer> {
        input[range.clamped(to: 0..<input.count)]
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
    mutating func plainText() -> Slice<UnsafeRawBufferPointer>? {
        guard skip("\"") else { return nil }
        let start = offset
        while let byte = next() {
            if byte == UInt8(ascii: "\"") { return bytes(start..<offset - 1) }
            guard byte != UInt8(ascii: "\\"), byte >= 0x20 else { return nil }
        }
        return nil
    }
}

extension [UInt8] {
    /// Lends the bytes, with a typed error.
    func withRawBytes<T, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> T) throws(E) -> T {
        try withUnsafeBufferPointer { buffer throws(E) in try body(UnsafeRawBufferPointer(buffer)) }
    }
}
