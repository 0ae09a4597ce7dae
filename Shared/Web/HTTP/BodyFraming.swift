/// How the end of a request's body is found; RFC 9112, 6.
enum BodyFraming: Equatable {
    case length(Int)
    case chunked

    /// Decides by the header fields; everything that two readers might read differently is refused.
    init(_ head: RequestHead, limit: Int) throws(WebError) {
        let lengths = head.headers.values("Content-Length")
        let codings = head.headers.values("Transfer-Encoding")
        guard !codings.isEmpty else {
            self = .length(try BodyFraming.length(lengths, limit: limit))
            return
        }
        guard lengths.isEmpty else { throw .malformedRequest("Content-Length beside Transfer-Encoding") }
        guard head.version == .http11 else { throw .malformedRequest("Transfer-Encoding in HTTP/1.0") }
        try BodyFraming.requireChunked(head.headers.list("Transfer-Encoding"))
        self = .chunked
    }

    private static func length(_ values: [String], limit: Int) throws(WebError) -> Int {
        guard let value = values.first else { return 0 }
        let isNumber =
            !value.isEmpty && value.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard values.count == 1, isNumber else { throw .malformedRequest("Content-Length") }
        // Digits that do not fit an Int are a length, and one beyond every limit.
        guard let length = Int(value), length <= limit else { throw .bodyTooLarge(limit: limit) }
        return length
    }

    private static func requireChunked(_ codings: [String]) throws(WebError) {
        let isChunked = codings.map { Headers.equal($0, "chunked") }
        // Without chunked at the end, and only there, a request has no end (RFC 9112, 6.1).
        guard isChunked.last == true, isChunked.filter(\.self).count == 1 else {
            throw isChunked.contains(true) || codings.isEmpty
                ? .malformedRequest("Transfer-Encoding") : .unsupportedTransferCoding
        }
        guard codings.count == 1 else { throw .unsupportedTransferCoding }
    }
}

/// A chunk's size line: hexadecimal digits and extensions, which are ignored; RFC 9112, 7.1.
struct ChunkSize {
    let size: UInt64
    /// Bytes of the line beyond the digits.
    let extensionBytes: Int

    init(line: ArraySlice<UInt8>) throws(WebError) {
        let digits = line.prefix { PercentCoding.hexDigit($0) != nil }
        let rest = line.dropFirst(digits.count)
        let afterSpace = rest.drop { $0 == 0x20 || $0 == 0x09 }
        guard !digits.isEmpty, digits.count <= 16, rest.isEmpty || afterSpace.first == UInt8(ascii: ";"),
            afterSpace.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
        else {
            throw .malformedRequest("chunk size")
        }
        size = digits.reduce(0) { $0 << 4 | UInt64(PercentCoding.hexDigit($1) ?? 0) }
        extensionBytes = rest.count
    }
}
