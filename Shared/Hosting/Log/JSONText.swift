/// Writes JSON by hand, for lines and pages that are small, fixed in shape and made often.
enum JSONText {
    /// Appends a string with its quotes, escaped as RFC 8259 section 7 asks; more than `limit` bytes are cut, marked by `…`.
    static func append(_ text: String, to bytes: inout [UInt8], limit: Int = .max) {
        bytes.append(quote)
        let start = bytes.count
        for scalar in text.unicodeScalars {
            let before = bytes.count
            append(scalar, to: &bytes)
            if bytes.count - start > limit {
                bytes.removeSubrange(before...)
                bytes.append(contentsOf: "…".utf8)
                break
            }
        }
        bytes.append(quote)
    }

    private static let quote = UInt8(ascii: "\"")

    private static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        switch scalar {
        case "\"": bytes.append(contentsOf: "\\\"".utf8)
        case "\\": bytes.append(contentsOf: "\\\\".utf8)
        case "\n": bytes.append(contentsOf: "\\n".utf8)
        case "\r": bytes.append(contentsOf: "\\r".utf8)
        case "\t": bytes.append(contentsOf: "\\t".utf8)
        case "\u{0}"..<" ", "\u{7F}"..<"\u{A0}":
            let hex = String(scalar.value, radix: 16)
            bytes.append(contentsOf: "\\u".utf8)
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - hex.utf8.count))
            bytes.append(contentsOf: hex.utf8)
        default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    /// A number as JSON has it: neither infinity nor NaN exist there.
    static func number(_ value: Double) -> String {
        value.isFinite ? "\(value)" : "null"
    }
}
