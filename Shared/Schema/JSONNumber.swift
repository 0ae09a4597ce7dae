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
        let text = String(decoding: scanner.bytes(start..<scanner.offset), as: UTF8.self)
        if isInteger, let value = Int64(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { return nil }
        return .number(value)
    }
}
