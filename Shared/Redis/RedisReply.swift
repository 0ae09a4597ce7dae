/// One answer of Redis (RESP2), copied out of the connection's buffer.
public enum RedisReply: Sendable, Hashable {
    /// A status line such as `OK`.
    case status(String)
    /// An error line, at top level or inside an array (where a function or a transaction puts it).
    case error(String)
    /// A number.
    case integer(Int64)
    /// A binary-safe string.
    case bulk([UInt8])
    /// No value.
    case null
    /// Replies in order.
    case array([RedisReply])
}

extension RedisReply {
    /// The reply as text, where it is a status, a bulk of UTF-8 or a number.
    public var text: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(replied: bytes)
        case .integer(let number): String(number)
        case .error, .null, .array: nil
        }
    }

    /// The reply as a number, where it is one or is the decimal text of one.
    public var int: Int64? {
        switch self {
        case .integer(let number): number
        case .status, .bulk: text.flatMap { Int64($0) }
        case .error, .null, .array: nil
        }
    }

    /// The reply as the id of a stream's entry, where it is one.
    public var streamID: StreamID? {
        guard case .bulk(let bytes) = self else { return nil }
        return StreamID(replied: bytes)
    }

    /// The reply's bytes, where it is a bulk or a status.
    public var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): bytes
        case .status(let text): Array(text.utf8)
        case .error, .integer, .null, .array: nil
        }
    }

    /// The replies inside, where this is an array.
    public var array: [RedisReply]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// Whether Redis answered that there is no value.
    public var isNull: Bool { self == .null }

    /// The element at a place; `.null` where this is no array or has no such place.
    public subscript(index: Int) -> RedisReply {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return .null }
        return elements[index]
    }

    /// The value after a name in a flat array of names and values, as `HGETALL` and `XINFO` answer.
    public subscript(name: String) -> RedisReply {
        guard case .array(let elements) = self else { return .null }
        var index = elements.startIndex
        while index + 1 < elements.endIndex {
            if elements[index].reads(name) { return elements[index + 1] }
            index += 2
        }
        return .null
    }

    /// Whether its text is this; bytes are compared as they are.
    private func reads(_ name: String) -> Bool {
        guard case .bulk(let bytes) = self else { return text == name }
        return bytes.count == name.utf8.count && bytes.elementsEqual(name.utf8)
    }

    /// The reply as a result: an error line becomes a failure.
    public var result: Result<RedisReply, RedisError> {
        guard case .error(let message) = self else { return .success(self) }
        return .failure(.reply(message))
    }
}

extension String {
    /// Takes bytes that are UTF-8.
    fileprivate init?(replied bytes: [UInt8]) {
        // Nearly all words are ASCII, which needs no check that costs more than the text itself.
        guard bytes.reduce(0, |) < 0x80 else {
            guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
            self = text
            return
        }
        self.init(decoding: bytes, as: UTF8.self)
    }
}
