/// The parser behind a document: recursive, but never deeper than `Limits.jsonDepth`.
struct JSONParser {
    private var scanner: ByteScanner
    private var path: [String] = []
    private var depth = 0
    private(set) var idRange: Range<Int>?
    private(set) var unusable: Set<[String]> = []

    init(_ bytes: UnsafeRawBufferPointer) {
        scanner = ByteScanner(bytes)
    }

    mutating func document() throws(SchemaError) -> JSONValue {
        scanner.skipWhitespace()
        let root = try value()
        scanner.skipWhitespace()
        guard scanner.isAtEnd else { throw .invalidJSON }
        return root
    }

    private mutating func value() throws(SchemaError) -> JSONValue {
        guard let first = scanner.peek() else { throw .invalidJSON }
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["): return try container()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try JSONNumber.parse(from: &scanner)
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(SchemaError) -> JSONValue {
        guard scanner.skip(text) else { throw .invalidJSON }
        return value
    }

    private mutating func string() throws(SchemaError) -> String {
        let read = try JSONString.parse(from: &scanner)
        if !read.isUsable { noteUnusable() }
        return read.text
    }

    private mutating func noteUnusable() {
        unusable.insert(Array(path.prefix(2)))
    }
}

// MARK: - Containers

extension JSONParser {
    private mutating func container() throws(SchemaError) -> JSONValue {
        guard depth < Limits.jsonDepth else {
            noteUnusable()
            try skipContainer()
            return .null
        }
        depth += 1
        defer { depth -= 1 }
        return scanner.peek() == UInt8(ascii: "{") ? .object(try members()) : .array(try elements())
    }

    private mutating func members() throws(SchemaError) -> [String: JSONValue] {
        guard try open("{", "}") else { return [:] }
        // As many as most objects of the protocol have: growing to that would copy them three times.
        var members = [String: JSONValue](minimumCapacity: 6)
        repeat {
            scanner.skipWhitespace()
            let name = try string()
            scanner.skipWhitespace()
            guard scanner.skip(":") else { throw .invalidJSON }
            scanner.skipWhitespace()
            members[name] = try member(name)
        } while try another(before: "}")
        return members
    }

    private mutating func member(_ name: String) throws(SchemaError) -> JSONValue {
        path.append(name)
        defer { path.removeLast() }
        let start = scanner.offset
        let value = try value()
        if path.count == 1, depth == 1, name == "id" { idRange = start..<scanner.offset }
        return value
    }

    private mutating func elements() throws(SchemaError) -> [JSONValue] {
        var elements: [JSONValue] = []
        guard try open("[", "]") else { return elements }
        repeat {
            scanner.skipWhitespace()
            elements.append(try value())
        } while try another(before: "]")
        return elements
    }

    /// Whether anything stands between the brackets.
    private mutating func open(_ opening: StaticString, _ closing: StaticString) throws(SchemaError) -> Bool {
        guard scanner.skip(opening) else { throw .invalidJSON }
        scanner.skipWhitespace()
        return !scanner.skip(closing)
    }

    private mutating func another(before closing: StaticString) throws(SchemaError) -> Bool {
        scanner.skipWhitespace()
        if scanner.skip(",") { return true }
        guard scanner.skip(closing) else { throw .invalidJSON }
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
