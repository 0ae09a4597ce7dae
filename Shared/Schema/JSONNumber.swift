/// A JSON number as it stands in a text (RFC 8259, section 6).
enum JSONNumber {
    /// An integer where it is written as one and fits; a double otherwise, and nil where that would not be finite.
    static func parse(from scanner: inout ByteScanner) throws(SchemaError) -> JSONValue? {
        let start = scanner.offset
        _ = scanner.skip("-")
        guard scanner.skip("0") || scanner.skipDigits() > 0 else { throw .invalidJSON }
        var isInteger = true
        if scanner.skip(".") {
            isInteger = false
            guard scanner.skipDigits() > 0 else { throw .invalidJSON }
        }
        if scanner.skip("e") || scanner.skip("E") {
            isInteger = false
            _ = scanner.skip("+") || scanner.skip("-")
            guard scanner.skipDigits() > 0 else { throw .invalidJSON }
        }
        let written = scanner.bytes(start..<scanner.offset)
        if isInteger, let value = integer(written) { return .int(value) }
        guard let value = Double(String(decoding: written, as: UTF8.self)), value.isFinite else { return nil }
        return .number(value)
    }

    /// What digits with or without a sign say; nil where that does not fit.
    ///
    /// No string is made of them: a frame may be nothing but numbers.
    private static func integer(_ written: Slice<UnsafeRawBufferPointer>) -> Int64? {
        let isNegative = written.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for digit in written.dropFirst(isNegative ? 1 : 0) {
            let (tens, isTooMuch) = value.multipliedReportingOverflow(by: 10)
            // Downwards, as the least number has no opposite.
            let (sum, isOver) = tens.subtractingReportingOverflow(Int64(digit) &- 0x30)
            guard !isTooMuch, !isOver else { return nil }
            value = sum
        }
        guard !isNegative else { return value }
        let (opposite, isOver) = Int64(0).subtractingReportingOverflow(value)
        return isOver ? nil : opposite
    }
}
