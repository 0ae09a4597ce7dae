internal import Text

/// A JSON string as it stands in a text (RFC 8259, section 7).
enum JSONString {
    /// The text, and whether it can be stored and sent on as it is.
    ///
    /// A lone surrogate stands in the text as U+FFFD; it and U+0000 make it unusable. So do more combining marks in a
    /// row than anybody needs, of which there is no text at all.
    struct Read {
        var text: String
        var isUsable: Bool
    }

    static func parse(from scanner: inout ByteScanner) throws(SchemaError) -> Read {
        guard scanner.skip(UInt8(ascii: "\"")) else { throw .invalidJSON }
        let plain = scanner.skipPlain()
        guard scanner.skip(UInt8(ascii: "\"")) else { return try parseEscaped(from: &scanner, after: plain) }
        return try read(plain, isUsable: true)
    }

    /// A name, of which no string is made where it can be compared as it stands.
    static func parseName(from scanner: inout ByteScanner) throws(SchemaError) -> (
        name: JSONName, isUsable: Bool
    ) {
        let start = scanner
        if let plain = scanner.plainText(), plain.isASCII { return (.plain(plain), true) }
        scanner = start
        let read = try parse(from: &scanner)
        return (.read(read.text), read.isUsable)
    }

    private static func parseEscaped(
        from scanner: inout ByteScanner, after plain: UnsafeRawBufferPointer
    ) throws(SchemaError) -> Read {
        var bytes = Array(plain)
        var isUsable = true
        while let byte = scanner.next() {
            switch byte {
            case UInt8(ascii: "\""):
                return try bytes.withRawBytes { bytes throws(SchemaError) in
                    try read(bytes, isUsable: isUsable)
                }
            case UInt8(ascii: "\\"):
                let scalar = try escape(from: &scanner)
                if scalar == nil || scalar == "\0" { isUsable = false }
                bytes.append(
                    contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
            case 0x20...: bytes.append(byte)
            default: throw .invalidJSON
            }
        }
        throw .invalidJSON
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer, isUsable: Bool
    ) throws(SchemaError) -> Read {
        // ASCII is valid as it stands, and most strings are that.
        guard !bytes.isASCII else {
            return Read(text: String(decoding: bytes, as: UTF8.self), isUsable: isUsable)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidJSON }
        guard CombiningMarks.areFew(in: bytes) else { return Read(text: "", isUsable: false) }
        return Read(text: text, isUsable: isUsable)
    }

    /// The scalar after a backslash; nil for a surrogate without its other half.
    private static func escape(from scanner: inout ByteScanner) throws(SchemaError) -> Unicode.Scalar? {
        switch scanner.next() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode(from: &scanner)
        default: throw .invalidJSON
        }
    }

    private static func unicode(from scanner: inout ByteScanner) throws(SchemaError) -> Unicode.Scalar? {
        let unit = try fourDigits(from: &scanner)
        guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
        let afterLead = scanner
        guard scanner.skip("\\u") else { return nil }
        let trail = try fourDigits(from: &scanner)
        guard UTF16.isTrailSurrogate(trail) else {
            // What follows is a character of its own: read it again as such.
            scanner = afterLead
            return nil
        }
        return Unicode.Scalar(0x10000 + (UInt32(unit) & 0x3FF) << 10 + (UInt32(trail) & 0x3FF))
    }

    private static func fourDigits(from scanner: inout ByteScanner) throws(SchemaError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = scanner.next()?.hexadecimalValue else { throw .invalidJSON }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
