/// An array in the server's binary format, for statements that take the values of many rows at once.
///
/// Elements stand as they are, length first: nothing has to be quoted here, nor looked for by the server, which takes half
/// the time that it needs for text. It takes exactly this type: `$1::uuid[]` for `uuids`.
public struct PostgresArray: Sendable, Equatable {
    /// As the server's `array_recv` reads it.
    let bytes: [UInt8]

    /// text[]: `count` texts; each is asked for twice, as to grow what holds them would copy all of it again and again.
    public static func texts(_ count: Int, _ element: (Int) -> String?) -> PostgresArray {
        let length = (0..<count).reduce(0) { $0 + (element($1)?.utf8.count ?? 0) }
        return PostgresArray(of: 25, count, length: length) { index, bytes in
            guard var text = element(index) else { return false }
            text.withUTF8 { bytes.append(element: $0) }
            return true
        }
    }

    /// text[]: `count` texts as their bytes of UTF-8; others the server refuses.
    public static func utf8(_ count: Int, _ element: (Int) -> [UInt8]) -> PostgresArray {
        let length = (0..<count).reduce(0) { $0 + element($1).count }
        return PostgresArray(of: 25, count, length: length) { index, bytes in
            element(index).withUnsafeBufferPointer { bytes.append(element: $0) }
            return true
        }
    }

    /// bigint[]: `count` integers.
    public static func bigints(_ count: Int, _ element: (Int) -> Int64?) -> PostgresArray {
        PostgresArray(of: 20, count, length: 8 * count) { index, bytes in
            guard let integer = element(index) else { return false }
            bytes.append(element: integer)
            return true
        }
    }

    /// timestamptz[]: `count` times, in milliseconds since 1970.
    public static func timestamps(_ count: Int, _ element: (Int) -> Int64?) -> PostgresArray {
        PostgresArray(of: 1_184, count, length: 8 * count) { index, bytes in
            guard let milliseconds = element(index) else { return false }
            bytes.append(element: microsecondsSince2000(milliseconds))
            return true
        }
    }

    /// uuid[]: `count` ids, each as the two halves of its 128 bits.
    public static func uuids(
        _ count: Int, _ element: (Int) -> (high: UInt64, low: UInt64)?
    ) -> PostgresArray {
        PostgresArray(of: 2_950, count, length: 16 * count) { index, bytes in
            guard let id = element(index) else { return false }
            bytes.append(bigEndian: UInt32(16))
            bytes.append(bigEndian: id.high)
            bytes.append(bigEndian: id.low)
            return true
        }
    }

    /// `length` is how many bytes the elements have together, at most; `append` adds the element at an index, or returns false
    /// where it is NULL.
    private init(
        of type: UInt32, _ count: Int, length: Int, _ append: (Int, inout [UInt8]) -> Bool
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(PostgresArray.header + 4 * count + length)
        // One dimension, elements that may be NULL, their type; how many, the first being number 1.
        for word in [1, 1, type, UInt32(clamping: count), 1] { bytes.append(bigEndian: word) }
        for index in 0..<count where !append(index, &bytes) { bytes.append(bigEndian: UInt32.max) }
        self.bytes = bytes
    }

    private static let header = 20

    /// What no timestamptz can hold becomes one that the server refuses.
    private static func microsecondsSince2000(_ milliseconds: Int64) -> Int64 {
        let (since2000, tooEarly) = milliseconds.subtractingReportingOverflow(946_684_800_000)
        let (microseconds, tooFar) = since2000.multipliedReportingOverflow(by: 1_000)
        guard tooEarly || tooFar else { return microseconds }
        // The outermost numbers themselves are infinity.
        return milliseconds < 0 ? .min + 1 : .max - 1
    }
}

extension [UInt8] {
    fileprivate mutating func append(element bytes: UnsafeBufferPointer<UInt8>) {
        append(bigEndian: UInt32(clamping: bytes.count))
        append(contentsOf: bytes)
    }

    fileprivate mutating func append(element integer: Int64) {
        append(bigEndian: UInt32(8))
        append(bigEndian: integer)
    }

    fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}
