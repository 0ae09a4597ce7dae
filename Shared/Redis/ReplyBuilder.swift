/// What one reply may cost.
struct ReplyLimits {
    /// Bytes of all strings of a reply together.
    var bytes = 64 << 20
    /// Values of a reply, arrays included.
    var values = 4 << 20
    /// Arrays within arrays.
    var depth = 8
}

/// Builds replies of the values that come, one after another.
///
/// Pure. Limits hold before memory is asked for; what is past them is a fault of the connection, which must go.
struct ReplyBuilder {
    private let limits: ReplyLimits
    private var open: [OpenArray] = []
    private var bytes = 0
    private var values = 0
    private var finished: RedisReply?

    init(limits: ReplyLimits = ReplyLimits()) { self.limits = limits }

    /// Whether the next value is the first of a reply.
    var isAtStart: Bool { open.isEmpty }

    /// Reads values until a reply is whole; nil where the next value is not.
    mutating func next(in lines: inout ReplyLines) throws(RedisError) -> RedisReply? {
        while finished == nil {
            let start = lines.place
            guard let line = try lines.line(), try add(line, &lines) else {
                lines.place = start
                return nil
            }
        }
        return take()
    }

    private mutating func take() -> RedisReply? {
        defer {
            finished = nil
            bytes = 0
            values = 0
        }
        return finished
    }

    /// Adds the value that a line begins; false where the rest of it has not come yet.
    private mutating func add(
        _ line: UnsafeRawBufferPointer, _ lines: inout ReplyLines
    ) throws(RedisError) -> Bool {
        guard let kind = line.first else { throw .protocolViolation }
        let line = UnsafeRawBufferPointer(rebasing: line[1...])
        switch kind {
        case UInt8(ascii: "+"):
            try count(bytes: line.count)
            close(with: .status(String(decoding: line, as: UTF8.self)))
        case UInt8(ascii: "-"):
            try count(bytes: line.count)
            close(with: .error(String(decoding: line, as: UTF8.self)))
        case UInt8(ascii: ":"):
            guard let number = line.decimal else { throw .protocolViolation }
            try count()
            close(with: .integer(number))
        case UInt8(ascii: "$"): return try addString(of: try length(line), &lines)
        case UInt8(ascii: "*"): try addArray(of: try length(line))
        default: throw .protocolViolation
        }
        return true
    }

    private mutating func addString(of length: Int?, _ lines: inout ReplyLines) throws(RedisError) -> Bool {
        guard let length else {
            try count()
            close(with: .null)
            return true
        }
        guard length <= limits.bytes - bytes else { throw .protocolViolation }
        guard let text = try lines.string(of: length) else { return false }
        try count(bytes: length)
        close(with: .bulk(Array(text)))
        return true
    }

    /// Begins an array whose values come next.
    private mutating func addArray(of length: Int?) throws(RedisError) {
        try count()
        switch length {
        case nil: close(with: .null)
        case 0: close(with: .array([]))
        case let length?:
            guard open.count < limits.depth, length <= limits.values - values else {
                throw .protocolViolation
            }
            open.append(OpenArray(expected: length))
        }
    }

    /// Reads how long a string or an array is; nil where there is none.
    private func length(_ line: UnsafeRawBufferPointer) throws(RedisError) -> Int? {
        guard let length = line.decimal.flatMap(Int.init(exactly:)), length >= -1 else {
            throw .protocolViolation
        }
        return length < 0 ? nil : length
    }

    private mutating func count(bytes more: Int = 0) throws(RedisError) {
        guard values < limits.values, more <= limits.bytes - bytes else { throw .protocolViolation }
        values += 1
        bytes += more
    }

    /// Puts a value into the innermost array that is open, and so on with each that is whole by that.
    private mutating func close(with value: consuming RedisReply) {
        guard let last = open.indices.last else {
            finished = value
            return
        }
        open[last].elements.append(value)
        guard open[last].elements.count == open[last].expected else { return }
        close(with: .array(open.removeLast().elements))
    }
}

private struct OpenArray {
    let expected: Int
    var elements: [RedisReply]

    init(expected: Int) {
        self.expected = expected
        elements = []
        elements.reserveCapacity(min(expected, 1024))
    }
}
