/// What a request is part of: the header field `traceparent` (W3C Trace Context, section 3.2).
public struct TraceParent: Hashable, Sendable {
    /// The field's value, as it came: ASCII.
    public let bytes: [UInt8]

    /// Reads the field's value; nil where it is none, as one that nobody can read is to be ignored (section 3.2.2).
    ///
    /// Of later versions than 00, which may have more behind it, the part that is known is kept.
    public init?(_ value: String) {
        let bytes = Array(value.utf8.prefix(Self.length + 1))
        let fields = bytes.prefix(Self.length).split(
            separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard fields.map(\.count) == [2, 32, 16, 2], fields.allSatisfy({ $0.allSatisfy(Self.isHex) }) else {
            return nil
        }
        let zero = UInt8(ascii: "0")
        let isFirstVersion = fields[0].allSatisfy { $0 == zero }
        guard !fields[0].allSatisfy({ $0 == UInt8(ascii: "f") }),
            fields[1].contains(where: { $0 != zero }), fields[2].contains(where: { $0 != zero }),
            bytes.count == Self.length || !isFirstVersion && bytes.last == UInt8(ascii: "-")
        else { return nil }
        self.bytes = Array(bytes.prefix(Self.length))
    }

    private static let length = 55

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension Request {
    /// What this request is part of; nil where it says nothing, says it twice, or says what nobody can read.
    public var traceParent: TraceParent? {
        let values = headers.values("traceparent")
        return values.count == 1 ? TraceParent(values[0]) : nil
    }
}
