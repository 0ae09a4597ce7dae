/// What one reply may cost.
struct ReplyLimits {
    /// Bytes of all strings of a reply together, and of what is buffered of an unfinished one.
    var bytes = 64 << 20
    /// Values of a reply, arrays included.
    var values = 4 << 20
    /// Arrays within arrays; hiredis itself stops at 7.
    var depth = 8
}

/// Builds a ``RedisReply`` from the values of a parser that works depth first.
///
/// Every method answers whether the value was taken; after a `false` the reply is past its limits, and the
/// connection it came from must go.
struct ReplyBuilder {
    let limits: ReplyLimits
    private var open: [OpenArray] = []
    private var bytes = 0
    private var values = 0
    private var finished: RedisReply?

    init(limits: ReplyLimits = ReplyLimits()) {
        self.limits = limits
    }

    /// Takes a value that stands alone.
    mutating func add(_ value: RedisReply) -> Bool {
        guard count(bytes: 0) else { return false }
        close(with: value)
        return true
    }

    /// Takes a string of some kind.
    mutating func add(_ text: UnsafeRawBufferPointer, as make: (UnsafeRawBufferPointer) -> RedisReply) -> Bool
    {
        guard count(bytes: text.count) else { return false }
        close(with: make(text))
        return true
    }

    /// Begins an array whose values come next.
    mutating func beginArray(of expected: Int) -> Bool {
        guard expected >= 0, open.count < limits.depth, count(bytes: 0) else { return false }
        // Refused now rather than after the memory for it was asked for.
        guard expected <= limits.values - values else { return false }
        guard expected > 0 else {
            close(with: .array([]))
            return true
        }
        open.append(OpenArray(expected: expected))
        return true
    }

    /// The reply, once it is whole; the builder is then ready for the next.
    mutating func take() -> RedisReply? {
        guard let reply = finished else { return nil }
        finished = nil
        bytes = 0
        values = 0
        return reply
    }

    private mutating func count(bytes more: Int) -> Bool {
        guard values < limits.values, more <= limits.bytes - bytes else { return false }
        values += 1
        bytes += more
        return true
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
