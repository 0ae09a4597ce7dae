/// Writes JSON text piece by piece: members in the order in which they are given, strings as they are.
///
/// Only what RFC 8259, section 7, demands is escaped: quotes, backslashes and control characters.
/// Commas are put where they belong, so pieces can be written in any nesting.
public struct JSONWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []
    /// Whether what comes next follows a value.
    private var isBehindValue = false

    /// Starts with nothing; room for what is expected saves copies.
    public init(reserving capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Goes before each value, and each name.
    private mutating func separate() {
        if isBehindValue { bytes.append(UInt8(ascii: ",")) }
        isBehindValue = true
    }

    /// Adds at most so many bytes, and before them a comma where one is due: for several pieces the memory is asked for once.
    private mutating func separated(upTo count: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        let isBehindValue = isBehindValue
        self.isBehindValue = true
        bytes.append(addingCapacity: count + 1) { output in
            if isBehindValue { output.append(UInt8(ascii: ",")) }
            write(&output)
        }
    }

    /// Begins something whose first value needs no comma.
    private mutating func open(_ byte: UInt8) {
        bytes.append(byte)
        isBehindValue = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        isBehindValue = true
    }
}

// MARK: - Values

extension JSONWriter {
    /// Writes a value: the element of an array, or what stands alone.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .int(let value): integer(value)
        case .number(let value): number(value)
        case .string(let value): string(value)
        case .array(let elements): array { writer in elements.forEach { writer.value($0) } }
        case .object(let members): object { writer in writer.members(members) }
        }
    }

    /// Writes a string.
    public mutating func string(_ text: String) {
        // Strings of Foundation's alone are not there as UTF-8, and have to be copied first.
        if text.utf8.withContiguousStorageIfAvailable({ string($0) }) != nil { return }
        var copy = text
        copy.withUTF8 { string($0) }
    }

    private mutating func string(_ utf8: UnsafeBufferPointer<UInt8>) {
        if UnsafeRawBufferPointer(utf8).isPlain { quoted(utf8) } else { escaped(utf8) }
    }

    /// Writes a whole number.
    public mutating func integer(_ value: Int64) {
        value.withDecimal { digits in separated(upTo: digits.count) { $0.append(digits) } }
    }

    /// Writes the id of a message.
    public mutating func id(_ id: MessageID) { id.withText { quoted($0) } }

    /// Writes a number; `null` for one that JSON does not have.
    public mutating func number(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Writes a truth value.
    public mutating func bool(_ value: Bool) {
        verbatim(value ? "true" : "false")
    }

    /// Writes `null`.
    public mutating func null() {
        verbatim("null")
    }

    /// Writes bytes that are a JSON value already.
    public mutating func verbatim(_ json: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    private mutating func verbatim(_ json: StaticString) {
        json.withUTF8Buffer { json in separated(upTo: json.count) { $0.append(json) } }
    }

    /// Writes an object with the members that the closure writes.
    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        separate()
        open(UInt8(ascii: "{"))
        body(&self)
        endObject()
    }

    /// Ends an object, also one that something else has begun.
    mutating func endObject() { close(UInt8(ascii: "}")) }

    /// Writes an array with the values that the closure writes.
    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        separate()
        open(UInt8(ascii: "["))
        body(&self)
        close(UInt8(ascii: "]"))
    }
}

// MARK: - Members

extension JSONWriter {
    /// Writes the name of a member, which needs no escapes; its value must follow.
    public mutating func name(_ name: StaticString) {
        name.withUTF8Buffer { name in
            separated(upTo: name.count + 3) { output in
                output.append(UInt8(ascii: "\""))
                output.append(name)
                output.append(UInt8(ascii: "\""))
                output.append(UInt8(ascii: ":"))
            }
        }
        isBehindValue = false
    }

    /// Writes a member that is a string, or `null`.
    public mutating func member(_ name: StaticString, _ text: String?) {
        self.name(name)
        if let text { string(text) } else { null() }
    }

    /// Writes a member that is an identifier, or `null`.
    public mutating func member(_ name: StaticString, _ identifier: (some TextIdentifier)?) {
        member(name, identifier?.text)
    }

    /// Writes a member that is a whole number, or `null`.
    public mutating func member(_ name: StaticString, _ value: Int64?) {
        self.name(name)
        if let value { integer(value) } else { null() }
    }

    /// Writes a member that is the id of a message.
    public mutating func member(_ name: StaticString, _ id: MessageID) {
        self.name(name)
        self.id(id)
    }

    /// Writes a member that is a whole number.
    public mutating func member(_ name: StaticString, _ value: Int) {
        member(name, Int64(value))
    }

    /// Writes a member that is a truth value.
    public mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    /// Writes a member of any kind.
    public mutating func member(_ name: StaticString, _ value: JSONValue) {
        self.name(name)
        self.value(value)
    }

    /// Writes a member that is an object.
    public mutating func object(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        object(body)
    }

    /// Writes a member that is an array.
    public mutating func array(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        array(body)
    }

    /// Writes members whose names are not ours, in order of their names.
    public mutating func members(_ members: [String: JSONValue]) {
        guard !members.isEmpty else { return }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            string(name)
            open(UInt8(ascii: ":"))
            self.value(value)
        }
    }
}

// MARK: - Bytes

extension JSONWriter {
    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Writes a string that needs no escapes.
    private mutating func quoted(_ utf8: UnsafeBufferPointer<UInt8>) {
        separated(upTo: utf8.count + 2) { output in
            output.append(UInt8(ascii: "\""))
            output.append(utf8)
            output.append(UInt8(ascii: "\""))
        }
    }

    /// Writes a string, runs of bytes that need no escape as they are.
    private mutating func escaped(_ utf8: UnsafeBufferPointer<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        for index in utf8.indices where utf8[index].endsPlain {
            bytes.append(contentsOf: utf8[start..<index])
            escape(utf8[index])
            start = index + 1
        }
        bytes.append(contentsOf: utf8[start...])
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        default:
            append("\\u00")
            bytes.append(UInt8(hexadecimalDigit: UInt64(byte >> 4)))
            bytes.append(UInt8(hexadecimalDigit: UInt64(byte)))
        }
    }
}

extension OutputSpan<UInt8> {
    @inline(__always)
    fileprivate mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        // A bug of ours, by which memory behind the span would be written: callers count what they append.
        precondition(bytes.count <= freeCapacity, "more than was asked for")
        withUnsafeMutableBufferPointer { memory, count in
            guard let end = memory.baseAddress?.advanced(by: count) else { return }
            end.initialize(from: start, count: bytes.count)
            count += bytes.count
        }
    }
}

extension Int64 {
    /// Lends the number in decimal.
    fileprivate func withDecimal(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        // 64 bits have at most 19 digits, and a sign; the last digit is found first.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { text in
            var (start, rest) = (text.count, magnitude)
            repeat {
                start -= 1
                text[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if self < 0 {
                start -= 1
                text[start] = UInt8(ascii: "-")
            }
            body(UnsafeBufferPointer(rebasing: text[start...]))
        }
    }
}
