internal import Text

/// Passes JSON values, of which nothing is made: as our writer writes them, in bytes that are known to be UTF-8.
///
/// What is false has stopped somewhere and says nothing: ``JSONParser`` may read that. What is true, it takes too.
extension ByteScanner {
    /// Passes a value that is not nested deep.
    mutating func skipValue(depth: Int = 8) -> Bool {
        switch peek() {
        case UInt8(ascii: "{"): depth > 0 && skipObject(depth: depth - 1)
        case UInt8(ascii: "["): depth > 0 && skipArray(depth: depth - 1)
        case UInt8(ascii: "\""): skipText()
        case UInt8(ascii: "t"): skip("true")
        case UInt8(ascii: "f"): skip("false")
        case UInt8(ascii: "n"): skip("null")
        default: skipNumber()
        }
    }

    /// Passes a text whose escapes are those of one letter.
    mutating func skipText() -> Bool {
        guard skip(UInt8(ascii: "\"")) else { return false }
        let start = offset
        _ = skipPlain()
        while !skip(UInt8(ascii: "\"")) {
            guard skip(UInt8(ascii: "\\")), let letter = next(), letter.endsEscape else { return false }
            _ = skipPlain()
        }
        // An escape ends a row of marks, as what it stands for does.
        return CombiningMarks.areFew(in: UnsafeRawBufferPointer(rebasing: bytes(start..<offset)))
    }

    /// Passes a number that is short enough to be a finite one.
    private mutating func skipNumber() -> Bool {
        let start = offset
        _ = skip(UInt8(ascii: "-"))
        guard skip(UInt8(ascii: "0")) || skipDigits() > 0 else { return false }
        if skip(UInt8(ascii: ".")), skipDigits() == 0 { return false }
        return offset - start <= 32
    }

    private mutating func skipObject(depth: Int) -> Bool {
        guard skip(UInt8(ascii: "{")) else { return false }
        if skip(UInt8(ascii: "}")) { return true }
        repeat {
            guard skipText(), skip(UInt8(ascii: ":")), skipValue(depth: depth) else { return false }
        } while skip(UInt8(ascii: ","))
        return skip(UInt8(ascii: "}"))
    }

    private mutating func skipArray(depth: Int) -> Bool {
        guard skip(UInt8(ascii: "[")) else { return false }
        if skip(UInt8(ascii: "]")) { return true }
        repeat {
            guard skipValue(depth: depth) else { return false }
        } while skip(UInt8(ascii: ","))
        return skip(UInt8(ascii: "]"))
    }
}

extension UInt8 {
    /// Whether it and a backslash before it are all of an escape (RFC 8259, section 7).
    fileprivate var endsEscape: Bool {
        switch self {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            true
        default: false
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether all bytes together are UTF-8.
    var isUTF8: Bool {
        isASCII || (try? UTF8Span(validating: assumingMemoryBound(to: UInt8.self).span)) != nil
    }
}
