/// One word of a command.
public enum RedisArgument: Sendable, Hashable {
    /// Text, sent as its UTF-8 bytes.
    case text(String)
    /// Bytes as they are.
    case bytes([UInt8])
    /// A number, sent in decimal.
    case int(Int64)

    /// A word of text.
    public init(_ text: String) { self = .text(text) }

    /// A word of bytes.
    public init(_ bytes: [UInt8]) { self = .bytes(bytes) }

    /// A decimal number; one outside 64 bits keeps its digits.
    public init(_ number: some BinaryInteger) {
        self = Int64(exactly: number).map(RedisArgument.int) ?? .text(String(number))
    }
}

extension RedisArgument: ExpressibleByStringInterpolation {
    /// A literal word.
    public init(stringLiteral value: String) { self = .text(value) }
}

extension RedisArgument: ExpressibleByIntegerLiteral {
    /// A literal number.
    public init(integerLiteral value: Int64) { self = .int(value) }
}
