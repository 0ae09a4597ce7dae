/// Reads a JSON text (RFC 8259): recursive, but never deeper than `Limits.jsonDepth`.
///
/// Foundation's decoder cannot tell us where a value stood in the input (a frame's `id` goes back as it was sent), nor
/// which member held a lone surrogate, and it takes a lone surrogate for a fault of the whole text.
struct JSONParser {
    private var scanner: ByteScanner
    private var depth = 0
    private var isUsable = true

    init(_ bytes: UnsafeRawBufferPointer) {
        scanner = ByteScanner(bytes)
    }

    /// How far it has come.
    var offset: Int { scanner.offset }

    /// Reads the whole text, whose value `read` takes.
    mutating func document<T>(
        _ read: (inout JSONParser) throws(SchemaError) -> T
    ) throws(SchemaError) -> T {
        scanner.skipWhitespace()
        let root = try read(&self)
        scanner.skipWhitespace()
        guard scanner.isAtEnd else { throw .invalidJSON }
        return root
    }

    /// Whether all that was read since this was asked last can be stored and sent on as it is.
    ///
    /// What cannot is U+0000, a lone surrogate, combining marks without end, a number that no double can hold, and
    /// containers nested too deep; in the value a lone surrogate is replaced by U+FFFD, a text of such marks by none, such
    /// a number and such a container by `null`.
    mutating func takeUsability() -> Bool {
        defer { isUsable = true }
        return isUsable
    }

    /// Reads the value that stands here.
    mutating func value() throws(SchemaError) -> JSONValue {
        guard let first = scanner.peek() else { throw .invalidJSON }
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["): return try container()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func number() throws(SchemaError) -> JSONValue {
        if let value = try JSONNumber.parse(from: &scanner) { return value }
        isUsable = false
        return .null
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(SchemaError) -> JSONValue {
        guard scanner.skip(text) else { throw .invalidJSON }
        return value
    }

    private mutating func string() throws(SchemaError) -> String {
        let read = try JSONString.parse(from: &scanner)
        if !read.isUsable { isUsable = false }
        return read.text
    }

    private mutating func name() throws(SchemaError) -> JSONName {
        let read = try JSONString.parseName(from: &scanner)
        if !read.isUsable { isUsable = false }
        return read.name
    }
}

// MARK: - Containers

extension JSONParser {
    /// Whether an object stands here.
    var isAtObject: Bool { scanner.peek() == UInt8(ascii: "{") }

    /// Reads the object that stands here: `read` is given each name in turn, and reads its value.
    mutating func object(
        _ read: (inout JSONParser, JSONName) throws(SchemaError) -> Void
    ) throws(SchemaError) {
        depth += 1
        defer { depth -= 1 }
        guard try open("{", "}") else { return }
        repeat {
            scanner.skipWhitespace()
            let name = try name()
            scanner.skipWhitespace()
            guard scanner.skip(UInt8(ascii: ":")) else { throw .invalidJSON }
            scanner.skipWhitespace()
            try read(&self, name)
        } while try another(before: "}")
    }

    private mutating func container() throws(SchemaError) -> JSONValue {
        guard depth < Limits.jsonDepth else {
            isUsable = false
            try skipContainer()
            return .null
        }
        return isAtObject ? .object(try members()) : .array(try elements())
    }

    /// Of members with the same name the last one counts.
    private mutating func members() throws(SchemaError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        try object { parser, name throws(SchemaError) in
            // As many as most objects of the protocol have: growing to that would copy them three times.
            if members.isEmpty { members.reserveCapacity(6) }
            members[name.text] = try parser.value()
        }
        return members
    }

    private mutating func elements() throws(SchemaError) -> [JSONValue] {
        depth += 1
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        guard try open("[", "]") else { return elements }
        repeat {
            scanner.skipWhitespace()
            elements.append(try value())
        } while try another(before: "]")
        return elements
    }

    /// Whether anything stands between the brackets.
    private mutating func open(
        _ opening: Unicode.Scalar, _ closing: Unicode.Scalar
    ) throws(SchemaError) -> Bool {
        guard scanner.skip(UInt8(ascii: opening)) else { throw .invalidJSON }
        scanner.skipWhitespace()
        return !scanner.skip(UInt8(ascii: closing))
    }

    private mutating func another(before closing: Unicode.Scalar) throws(SchemaError) -> Bool {
        scanner.skipWhitespace()
        if scanner.skip(UInt8(ascii: ",")) { return true }
        guard scanner.skip(UInt8(ascii: closing)) else { throw .invalidJSON }
        return false
    }

    /// Goes to the end of what is nested too deep, by counting brackets: no recursion, whatever comes.
    private mutating func skipContainer() throws(SchemaError) {
        var open = 0
        repeat {
            switch scanner.peek() {
            case nil: throw .invalidJSON
            case UInt8(ascii: "\""):
                _ = try JSONString.parse(from: &scanner)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): open -= 1
            default: break
            }
            scanner.advance()
        } while open > 0
    }
}
