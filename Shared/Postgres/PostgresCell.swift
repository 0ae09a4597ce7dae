/// One value of a row.
///
/// Each accessor reads it as one type, and throws `decoding` if it is not of that type, is NULL, or its
/// column does not exist.
///
/// ```swift
/// let name = try row["name"].text
/// let seen = try row["last_seen"].present?.milliseconds    // nil for NULL
/// ```
public struct PostgresCell: Sendable {
    let column: String
    let content: CellTable.Content?

    /// The cell itself, or nil if it is NULL; throws if there is no such column.
    public var present: PostgresCell? {
        get throws(PostgresError) {
            guard let content else { throw .decoding(column: column) }
            if case .null = content { return nil }
            return self
        }
    }

    /// Whether the value is NULL; throws if there is no such column.
    public var isNull: Bool {
        get throws(PostgresError) { try present == nil }
    }

    /// Any type in its textual form.
    public var text: String {
        get throws(PostgresError) { try read { String(validating: $0, as: UTF8.self) } }
    }

    /// smallint, integer, bigint, and numeric without fraction.
    public var int: Int64 {
        get throws(PostgresError) { try readText { Int64($0) } }
    }

    /// Any number.
    public var double: Double {
        get throws(PostgresError) { try readText(DoubleText.decode) }
    }

    /// boolean.
    public var bool: Bool {
        get throws(PostgresError) { try readText { $0 == "t" ? true : $0 == "f" ? false : nil } }
    }

    /// bytea.
    public var bytes: [UInt8] {
        get throws(PostgresError) { try read(ByteaText.decode) }
    }

    /// timestamptz, in milliseconds since 1970; finer fractions are cut off.
    public var milliseconds: Int64 {
        get throws(PostgresError) { try readText(TimestampText.decode) }
    }

    /// An array of any type, its elements in their textual form.
    public var textArray: [String?] {
        get throws(PostgresError) { try read(ArrayLiteral.decode) }
    }

    /// smallint[], integer[], bigint[].
    public var intArray: [Int64?] {
        get throws(PostgresError) { try readArray { Int64($0) } }
    }

    /// bytea[].
    public var bytesArray: [[UInt8]?] {
        get throws(PostgresError) { try readArray { ByteaText.decode(Array($0.utf8)) } }
    }

    private func read<T>(_ decode: (ArraySlice<UInt8>) -> T?) throws(PostgresError) -> T {
        guard case .bytes(let bytes) = content, let value = decode(bytes) else {
            throw .decoding(column: column)
        }
        return value
    }

    private func readText<T>(_ decode: (String) -> T?) throws(PostgresError) -> T {
        try read { bytes in String(validating: bytes, as: UTF8.self).flatMap(decode) }
    }

    private func readArray<T>(_ decode: (String) -> T?) throws(PostgresError) -> [T?] {
        var values: [T?] = []
        for element in try textArray {
            guard let element else {
                values.append(nil)
                continue
            }
            guard let value = decode(element) else { throw .decoding(column: column) }
            values.append(value)
        }
        return values
    }
}
