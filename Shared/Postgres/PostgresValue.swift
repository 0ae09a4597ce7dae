/// One parameter of a statement.
///
/// Parameters travel as text and the server infers their types from the statement, so one case serves
/// several column types (`text` also uuid, json, jsonb and enums; `textArray` also uuid[] and jsonb[]).
/// Where nothing tells the type, write a cast: `unnest($1::uuid[], $2::jsonb[])`. Only `array` is binary.
public enum PostgresValue: Sendable, Equatable {
    /// NULL of any type.
    case null
    /// A text, or anything written as one: uuid, json, jsonb, enum.
    case text(String)
    /// An integer of any width.
    case int(Int64)
    /// A floating point number.
    case double(Double)
    /// A boolean.
    case bool(Bool)
    /// A bytea.
    case bytes([UInt8])
    /// A timestamptz, in milliseconds since 1970.
    case timestamp(milliseconds: Int64)
    /// text[], uuid[], json[], jsonb[].
    case textArray([String?])
    /// bigint[], integer[].
    case intArray([Int64?])
    /// boolean[].
    case boolArray([Bool?])
    /// bytea[].
    case bytesArray([[UInt8]?])
    /// timestamptz[], in milliseconds since 1970.
    case timestampArray([Int64?])
    /// An array of exactly its type.
    case array(PostgresArray)

    /// A text, or NULL.
    public init(_ text: String?) { self = text.map(Self.text) ?? .null }

    /// An integer, or NULL.
    public init(_ int: Int64?) { self = int.map(Self.int) ?? .null }

    /// A bytea, or NULL.
    public init(_ bytes: [UInt8]?) { self = bytes.map(Self.bytes) ?? .null }

    /// A JSON text for a json or jsonb parameter.
    public static func json(_ text: String) -> PostgresValue { .text(text) }

    /// A uuid in its textual form.
    public static func uuid(_ text: String) -> PostgresValue { .text(text) }
}

extension PostgresValue {
    /// A parameter as it is sent.
    enum Encoded {
        case null
        /// In the server's text format.
        case text(String)
        case binary([UInt8])
    }

    var encoded: Encoded {
        switch self {
        case .null: .null
        case .text(let text): .text(text)
        case .int(let int): .text(String(int))
        case .double(let double): .text(DoubleText.encode(double))
        case .bool(let bool): .text(bool ? "t" : "f")
        case .bytes(let bytes): .text(ByteaText.encode(bytes))
        case .timestamp(let milliseconds): .text(TimestampText.encode(milliseconds: milliseconds))
        case .textArray(let texts): .text(ArrayLiteral.encode(texts))
        case .intArray(let ints): .text(ArrayLiteral.encode(ints.map { $0.map { String($0) } }))
        case .boolArray(let bools): .text(ArrayLiteral.encode(bools.map { $0.map { $0 ? "t" : "f" } }))
        case .bytesArray(let arrays): .text(ArrayLiteral.encode(arrays.map { $0.map(ByteaText.encode) }))
        case .timestampArray(let times):
            .text(ArrayLiteral.encode(times.map { $0.map(TimestampText.encode(milliseconds:)) }))
        case .array(let array): .binary(array.bytes)
        }
    }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
}

extension PostgresValue: ExpressibleByIntegerLiteral {
    /// An integer.
    public init(integerLiteral value: Int64) { self = .int(value) }
}

extension PostgresValue: ExpressibleByBooleanLiteral {
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension PostgresValue: ExpressibleByNilLiteral {
    /// NULL.
    public init(nilLiteral: ()) { self = .null }
}

extension PostgresValue: ExpressibleByFloatLiteral {
    /// A floating point number.
    public init(floatLiteral value: Double) { self = .double(value) }
}

extension PostgresValue: CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind only: values are content, and content does not belong into logs.
    public var description: String {
        switch self {
        case .null: "null"
        case .text: "text"
        case .int: "int"
        case .double: "double"
        case .bool: "bool"
        case .bytes: "bytes"
        case .timestamp: "timestamp"
        case .textArray: "text[]"
        case .intArray: "int[]"
        case .boolArray: "bool[]"
        case .bytesArray: "bytes[]"
        case .timestampArray: "timestamp[]"
        case .array: "array"
        }
    }

    /// As `description`.
    public var debugDescription: String { description }
}
