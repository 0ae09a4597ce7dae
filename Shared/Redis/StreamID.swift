/// The id of a stream's entry: within a stream ids rise.
public struct StreamID: Hashable, Sendable {
    /// When it was added, by Redis' clock, unless that had gone back.
    public let milliseconds: UInt64
    /// Its number within that millisecond.
    public let number: UInt64

    /// Makes an id of its parts.
    public init(milliseconds: UInt64, number: UInt64 = 0) {
        self.milliseconds = milliseconds
        self.number = number
    }

    /// Reads `MILLISECONDS-NUMBER`.
    public init?(_ text: some StringProtocol) {
        self.init(replied: Array(text.utf8))
    }

    /// Reads the bytes that Redis answers.
    init?(replied bytes: [UInt8]) {
        guard let hyphen = bytes.firstIndex(of: UInt8(ascii: "-")),
            let milliseconds = UInt64(digits: bytes[..<hyphen]),
            let number = UInt64(digits: bytes[(hyphen + 1)...])
        else { return nil }
        self.init(milliseconds: milliseconds, number: number)
    }
}

extension UInt64 {
    /// Reads digits alone, of which there must be some.
    fileprivate init?(digits: ArraySlice<UInt8>) {
        guard !digits.isEmpty else { return nil }
        self = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            let (tens, isTooMuch) = multipliedReportingOverflow(by: 10)
            let (sum, isOver) = tens.addingReportingOverflow(UInt64(digit))
            guard digit < 10, !isTooMuch, !isOver else { return nil }
            self = sum
        }
    }
}

extension StreamID: Comparable {
    /// Orders as the stream does.
    public static func < (left: StreamID, right: StreamID) -> Bool {
        (left.milliseconds, left.number) < (right.milliseconds, right.number)
    }
}

extension StreamID: CustomStringConvertible {
    /// The id as Redis writes it.
    public var description: String { "\(milliseconds)-\(number)" }
}
