/// Reads HTTP/1.1 requests from bytes, however they are cut; pure, after RFC 9112.
///
/// Bytes go in by `append`, events come out of `next` until it answers `nil`. Once it has thrown, the
/// connection has no known place in the stream any more: answer and close.
public struct RequestParser {
    /// What has been understood.
    public enum Event: Sendable {
        /// The header of a request whose body is still to come; answer `Expect: 100-continue` now.
        case head(RequestHead)
        /// A whole request.
        case request(Request)
    }

    /// What is being waited for.
    public enum Phase: Sendable {
        /// The first byte of a request.
        case idle
        /// The rest of a header.
        case header
        /// The rest of a body.
        case body
    }

    private enum State {
        case requestLine(blankLines: Int)
        case fields(RequestHead, bytes: Int)
        case body(RequestHead, left: Int)
        case chunkSize(RequestHead)
        case chunk(RequestHead, left: Int)
        case chunkEnd(RequestHead)
        case trailers(RequestHead, bytes: Int)
        case failed(WebError)
    }

    private let limits: HTTPLimits
    private var buffer = LineBuffer()
    private var state = State.requestLine(blankLines: 0)
    private var body: [UInt8] = []
    private var extensionBytes = 0
    private var headBytes = 0

    /// Makes a parser for one connection.
    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// Bytes received and not yet understood.
    public var bufferedBytes: Int { buffer.count }

    /// Bytes held for a request that is not whole yet.
    public var heldBytes: Int { buffer.count + headBytes + body.count }

    /// What is being waited for.
    public var phase: Phase {
        switch state {
        // Empty lines before a request are a part of it: they may not put off its end.
        case .requestLine(let blankLines): buffer.isEmpty && blankLines == 0 ? .idle : .header
        case .fields: .header
        default: .body
        }
    }

    /// Takes bytes from the connection.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        buffer.append(bytes)
    }

    /// Takes the bytes that follow the last request, for the protocol that comes after an upgrade.
    public mutating func takeRest() -> [UInt8] { buffer.takeAll() }

    /// The next event, or `nil` until more bytes come.
    public mutating func next() throws(WebError) -> Event? {
        do {
            while true {
                switch try step() {
                case .event(let event): return event
                case .again: continue
                case .starved:
                    buffer.releaseIfEmpty()
                    return nil
                }
            }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private enum Step {
        case event(Event)
        case again
        case starved
    }

    private mutating func step() throws(WebError) -> Step {
        switch state {
        case .requestLine(let blankLines): try readRequestLine(blankLines)
        case .fields(let head, let bytes): try readField(head, bytes)
        case .body(let head, let left): readBody(head, left)
        case .chunkSize(let head): try readChunkSize(head)
        case .chunk(let head, let left): readChunk(head, left)
        case .chunkEnd(let head): try readChunkEnd(head)
        case .trailers(let head, let bytes): try readTrailer(head, bytes)
        case .failed(let error): throw error
        }
    }

    private mutating func readRequestLine(_ blankLines: Int) throws(WebError) -> Step {
        let limit = limits.requestLineBytes
        // What begins otherwise, as a TLS greeting does, need not be waited for to its end.
        guard buffer.first.map(RequestHead.canBegin) ?? true else { throw .malformedRequest("request line") }
        guard let line = try buffer.readLine(limit: limit, tooLong: .requestLineTooLong(limit: limit)) else {
            return .starved
        }
        guard !line.isEmpty else {
            // A client may send an empty line after a body (RFC 9112, 2.2); not any number of them.
            guard blankLines < 2 else { throw .malformedRequest("request line") }
            state = .requestLine(blankLines: blankLines + 1)
            return .again
        }
        headBytes = line.count
        state = .fields(try RequestHead(line: line), bytes: 0)
        return .again
    }

    private mutating func readField(_ head: RequestHead, _ bytes: Int) throws(WebError) -> Step {
        guard let line = try readHeaderLine(bytes) else { return .starved }
        guard !line.isEmpty else { return try beginBody(head) }
        guard head.headers.count < limits.headerCount else {
            throw .headersTooLarge(limit: limits.headerCount)
        }
        var head = head
        try head.add(fieldLine: line)
        headBytes += line.count
        state = .fields(head, bytes: bytes + line.count + 2)
        return .again
    }

    private mutating func readHeaderLine(_ bytes: Int) throws(WebError) -> ArraySlice<UInt8>? {
        let limit = limits.headerBytes
        return try buffer.readLine(limit: max(limit - bytes, 0), tooLong: .headersTooLarge(limit: limit))
    }

    private mutating func beginBody(_ head: RequestHead) throws(WebError) -> Step {
        try head.check()
        switch try BodyFraming(head, limit: limits.bodyBytes) {
        case .length(0): return finish(head)
        case .length(let length): state = .body(head, left: length)
        case .chunked: state = .chunkSize(head)
        }
        return .event(.head(head))
    }

    private mutating func readBody(_ head: RequestHead, _ left: Int) -> Step {
        let moved = buffer.move(atMost: left, to: &body)
        guard moved < left else { return finish(head) }
        state = .body(head, left: left - moved)
        return .starved
    }

    private mutating func readChunkSize(_ head: RequestHead) throws(WebError) -> Step {
        guard let line = try buffer.readLine(limit: 1_024, tooLong: .malformedRequest("chunk size")) else {
            return .starved
        }
        let chunk = try ChunkSize(line: line)
        guard chunk.size <= UInt64(limits.bodyBytes - body.count) else {
            throw .bodyTooLarge(limit: limits.bodyBytes)
        }
        extensionBytes += chunk.extensionBytes
        guard extensionBytes <= limits.chunkExtensionBytes else {
            throw .malformedRequest("chunk extensions")
        }
        state =
            chunk.size == 0
            ? .trailers(head, bytes: 0) : .chunk(head, left: Int(truncatingIfNeeded: chunk.size))
        return .again
    }

    private mutating func readChunk(_ head: RequestHead, _ left: Int) -> Step {
        let moved = buffer.move(atMost: left, to: &body)
        state = moved < left ? .chunk(head, left: left - moved) : .chunkEnd(head)
        return moved < left ? .starved : .again
    }

    private mutating func readChunkEnd(_ head: RequestHead) throws(WebError) -> Step {
        let wrong = WebError.malformedRequest("chunk longer than its size")
        guard let line = try buffer.readLine(limit: 0, tooLong: wrong) else { return .starved }
        guard line.isEmpty else { throw wrong }
        state = .chunkSize(head)
        return .again
    }

    /// Trailer fields are checked and dropped: nothing here may be said late (RFC 9110, 6.5.1).
    private mutating func readTrailer(_ head: RequestHead, _ bytes: Int) throws(WebError) -> Step {
        guard let line = try readHeaderLine(bytes) else { return .starved }
        guard !line.isEmpty else { return finish(head) }
        _ = try RequestHead.field(of: line)
        state = .trailers(head, bytes: bytes + line.count + 2)
        return .again
    }

    private mutating func finish(_ head: RequestHead) -> Step {
        defer { (state, body, extensionBytes, headBytes) = (.requestLine(blankLines: 0), [], 0, 0) }
        return .event(
            .request(
                Request(
                    method: head.method, target: head.target, version: head.version, headers: head.headers,
                    body: body)))
    }
}
