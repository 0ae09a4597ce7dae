/// A place in what Redis has sent: lines that end with CR LF, and strings of a known length between them.
struct ReplyLines {
    private let bytes: UnsafeRawBufferPointer
    /// Where the next line begins.
    var place = 0

    /// Longer than any line that tells a length, a status or an error.
    private static let maxLineBytes = 1 << 16
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    /// The bytes must stay valid as long as this is used: both live within one call.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Passes a line and lends it, without its end; nil where it has not come to its end.
    mutating func line() throws(RedisError) -> UnsafeRawBufferPointer? {
        var end = place
        while end < bytes.count, bytes[end] != Self.carriageReturn { end += 1 }
        guard end - place <= Self.maxLineBytes else { throw .protocolViolation }
        return try take(until: end)
    }

    /// Passes so many bytes and the end of their line, and lends them; nil where they are not all there.
    mutating func string(of count: Int) throws(RedisError) -> UnsafeRawBufferPointer? {
        guard count <= bytes.count - place else { return nil }
        return try take(until: place + count)
    }

    /// Passes a message of a channel, if one stands here, and lends it; nil where it is not whole.
    ///
    /// It is what a subscriber gets most: read in place it is not copied before somebody wants it.
    mutating func message() throws(RedisError) -> ChannelMessage? {
        let start = place
        guard skip(Self.messageHead), let channel = try nextString(), let payload = try nextString() else {
            place = start
            return nil
        }
        return ChannelMessage(channel: channel, payload: payload)
    }

    private static let messageHead: StaticString = "*3\r\n$8\r\nsmessage\r\n"

    private mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard count <= bytes.count - place else { return false }
        let part = UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
        guard text.withUTF8Buffer({ part.elementsEqual($0) }) else { return false }
        place += count
        return true
    }

    private mutating func nextString() throws(RedisError) -> UnsafeRawBufferPointer? {
        guard let line = try line(), line.first == UInt8(ascii: "$") else { return nil }
        let count = UnsafeRawBufferPointer(rebasing: line[1...]).decimal.flatMap(Int.init(exactly:))
        guard let count, count >= 0 else { return nil }
        return try string(of: count)
    }

    private mutating func take(until end: Int) throws(RedisError) -> UnsafeRawBufferPointer? {
        guard bytes.count - end >= 2 else { return nil }
        guard bytes[end] == Self.carriageReturn, bytes[end + 1] == Self.lineFeed else {
            throw .protocolViolation
        }
        defer { place = end + 2 }
        return UnsafeRawBufferPointer(rebasing: bytes[place..<end])
    }
}

/// What was published on a channel; both are good during the call only that lends them.
struct ChannelMessage {
    let channel: UnsafeRawBufferPointer
    let payload: UnsafeRawBufferPointer
}

extension UnsafeRawBufferPointer {
    /// The number that these bytes are in decimal.
    var decimal: Int64? {
        let isNegative = first == UInt8(ascii: "-")
        let digits = isNegative ? dropFirst() : self[...]
        guard !digits.isEmpty else { return nil }
        var number: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let value = Int64(digit - UInt8(ascii: "0"))
            let (tens, isTooFar) = number.multipliedReportingOverflow(by: 10)
            // Counted downwards where it is negative: the smallest number has no positive counterpart.
            let (sum, overflow) = tens.addingReportingOverflow(isNegative ? -value : value)
            guard !isTooFar, !overflow else { return nil }
            number = sum
        }
        return number
    }
}
