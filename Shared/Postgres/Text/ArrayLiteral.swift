/// One-dimensional arrays in the server's text format: `{a,"b c",NULL}`.
enum ArrayLiteral {
    /// Quotes every element: then no element's content can be taken for syntax or for the word NULL.
    static func encode(_ elements: [String?]) -> String {
        var literal: [UInt8] = [.openBrace]
        for (index, element) in elements.enumerated() {
            if index > 0 { literal.append(.comma) }
            append(element, to: &literal)
        }
        literal.append(.closeBrace)
        return String(decoding: literal, as: UTF8.self)
    }

    private static func append(_ element: String?, to literal: inout [UInt8]) {
        guard let element else { return literal.append(contentsOf: "NULL".utf8) }
        literal.append(.quote)
        var text = element
        text.withUTF8 { bytes in
            // What needs no backslash is copied as it stands, up to the next that does.
            var start = 0
            for index in bytes.indices where bytes[index] == .quote || bytes[index] == .backslash {
                literal.append(contentsOf: bytes[start..<index])
                literal.append(.backslash)
                start = index
            }
            literal.append(contentsOf: bytes[start...])
        }
        literal.append(.quote)
    }

    /// Reads what the server wrote; nil if it is no one-dimensional array.
    static func decode(_ bytes: some Collection<UInt8>) -> [String?]? {
        var reader = Reader(bytes: Array(bytes))
        return reader.array()
    }
}

private struct Reader {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func array() -> [String?]? {
        guard take(.openBrace) else { return nil }
        var elements: [String?] = []
        guard !take(.closeBrace) else { return position == bytes.count ? elements : nil }
        repeat {
            guard let element = element() else { return nil }
            elements.append(element)
        } while take(.comma)
        guard take(.closeBrace), position == bytes.count else { return nil }
        return elements
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    /// The outer optional is failure, the inner one NULL.
    private mutating func element() -> String?? {
        take(.quote) ? quoted() : bare()
    }

    private mutating func quoted() -> String?? {
        var content: [UInt8] = []
        while let byte = current {
            position += 1
            if byte == .quote { return String(validating: content, as: UTF8.self) }
            guard byte == .backslash else {
                content.append(byte)
                continue
            }
            guard let escaped = current else { return nil }
            content.append(escaped)
            position += 1
        }
        return nil
    }

    private mutating func bare() -> String?? {
        let start = position
        while let byte = current, byte != .comma, byte != .closeBrace {
            guard byte != .openBrace, byte != .quote, byte != .backslash else { return nil }
            position += 1
        }
        guard position > start else { return nil }
        guard let text = String(validating: bytes[start..<position], as: UTF8.self) else { return nil }
        return .some(text == "NULL" ? nil : text)
    }
}

extension UInt8 {
    fileprivate static let openBrace = UInt8(ascii: "{")
    fileprivate static let closeBrace = UInt8(ascii: "}")
    fileprivate static let comma = UInt8(ascii: ",")
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let backslash = UInt8(ascii: "\\")
}
