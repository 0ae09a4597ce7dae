/// A name on the wire: a string of a checked form.
///
/// The only way to make one is from text that has the form, so a value of such a type needs no second check.
public protocol TextIdentifier: LosslessStringConvertible, Hashable, Sendable, Codable {
    /// The text as it stands on the wire.
    var text: String { get }
}

extension TextIdentifier {
    /// The text itself.
    public var description: String { text }

    /// Reads a string and refuses one that does not have the form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a \(Self.self)")
        }
        self = value
    }

    /// Writes the text as a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension String {
    /// Whether each byte of UTF-8 satisfies this: looked at in a row, which costs a quarter of going by the view's indices.
    func isEachByte(_ satisfies: (UInt8) -> Bool) -> Bool {
        var text = self
        return text.withUTF8 { bytes in bytes.allSatisfy(satisfies) }
    }
}

extension UInt8 {
    var isLowercaseLetterOrDigit: Bool {
        (0x61...0x7A).contains(self) || (0x30...0x39).contains(self)
    }

    var isPrintableASCII: Bool { (0x20...0x7E).contains(self) }
}
