/// The fields of a message in their order; names are compared without regard to case (RFC 9110, 5.1).
public struct Headers: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// One field line.
    public struct Field: Sendable, Hashable {
        /// The name, as written by the sender.
        public var name: String
        /// The value, without surrounding white space.
        public var value: String
    }

    /// All fields, in the order in which they came or were added.
    public private(set) var fields: [Field] = []

    /// Makes an empty list.
    public init() {}

    /// Makes a list of `["Name": "value"]`, order and repetitions kept.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// How many field lines there are.
    public var count: Int { fields.count }

    /// The first value under a name; setting replaces all of them, and `nil` removes them.
    public subscript(name: String) -> String? {
        get { fields.first { Headers.equal($0.name, name) }?.value }
        set {
            remove(name)
            guard let newValue else { return }
            add(name, newValue)
        }
    }

    /// Adds a field line and leaves others of that name alone.
    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Adds all lines of another list.
    public mutating func add(_ other: Headers) {
        fields.append(contentsOf: other.fields)
    }

    /// Removes all field lines of a name.
    public mutating func remove(_ name: String) {
        fields.removeAll { Headers.equal($0.name, name) }
    }

    /// All values under a name, one for each line.
    public func values(_ name: String) -> [String] {
        fields.filter { Headers.equal($0.name, name) }.map(\.value)
    }

    /// The elements of a comma-separated list spread over all lines of a name (RFC 9110, 5.6.1).
    ///
    /// Commas inside quoted strings do not separate; empty elements are left out.
    public func list(_ name: String) -> [String] {
        values(name).flatMap(Headers.elements)
    }

    /// Whether a comma-separated list contains a token, in any case.
    public func contains(_ name: String, token: String) -> Bool {
        fields.contains { field in
            guard Headers.equal(field.name, name) else { return false }
            // Mostly the value is that token and nothing else.
            return Headers.equal(field.value, token)
                || Headers.elements(of: field.value).contains { Headers.equal($0, token) }
        }
    }

    /// Compares two ASCII strings without regard to the case of letters.
    public static func equal(_ a: String, _ b: String) -> Bool {
        let (a, b) = (a.utf8, b.utf8)
        guard a.count == b.count else { return false }
        var other = b.makeIterator()
        for byte in a {
            guard let next = other.next(), lowercase(byte) == lowercase(next) else { return false }
        }
        return true
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    private static func elements(of value: String) -> [String] {
        var elements: [String] = []
        var current: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        for byte in value.utf8 {
            if byte == UInt8(ascii: ","), !isQuoted {
                elements.append(String(decoding: current, as: UTF8.self))
                current.removeAll()
                continue
            }
            if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
            isEscaped = isQuoted && byte == UInt8(ascii: "\\") && !isEscaped
            current.append(byte)
        }
        elements.append(String(decoding: current, as: UTF8.self))
        return elements.map(trimmed).filter { !$0.isEmpty }
    }

    /// Without blanks at both ends.
    static func trimmed(_ text: String) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let head = text.utf8.drop(while: isSpace)
        let kept = head.reversed().drop(while: isSpace).reversed()
        return String(decoding: Array(kept), as: UTF8.self)
    }
}
