internal import Text

/// The part of a request before its body.
public struct RequestHead: Sendable {
    /// The method.
    public var method: Method
    /// What is asked for.
    public var target: RequestTarget
    /// The protocol version.
    public var version: Request.Version
    /// The header fields.
    public var headers: Headers = [:]

    /// Whether the client waits for 100 before it sends the body (RFC 9110, 10.1.1).
    public var expectsContinue: Bool {
        version == .http11 && headers.contains("Expect", token: "100-continue")
    }

    /// Reads `GET /path HTTP/1.1`; one space each, nothing else (RFC 9112, 3).
    init(line: ArraySlice<UInt8>) throws(WebError) {
        let parts = line.split(separator: 0x20, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, Token.isValid(parts[0]) else { throw .malformedRequest("request line") }
        version = try RequestHead.version(parts[2])
        guard let target = RequestTarget(parts[1]) else { throw .malformedRequest("request target") }
        method = Method(String(decoding: parts[0], as: UTF8.self))
        // `*` is the whole server, of which only the options can be asked (RFC 9112, 3.2.4).
        guard !target.isAsterisk || method == .options else { throw .malformedRequest("request target") }
        self.target = target
    }

    /// Whether a request, or an empty line before one, can begin with this byte.
    static func canBegin(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A || Token.isTokenByte(byte) }

    /// Adds a field line.
    mutating func add(fieldLine line: ArraySlice<UInt8>) throws(WebError) {
        let field = try RequestHead.field(of: line)
        headers.add(field.name, field.value)
    }

    /// Reads a field line (RFC 9112, 5).
    static func field(of line: ArraySlice<UInt8>) throws(WebError) -> Headers.Field {
        // A line that begins with white space continues the one before (obs-fold): refused by 5.2.
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), Token.isValid(line[..<colon]) else {
            throw .malformedRequest("field name")
        }
        let value = RequestHead.trimmed(line[(colon + 1)...])
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }), CombiningMarks.areFew(in: value)
        else {
            throw .malformedRequest("field value")
        }
        return Headers.Field(
            name: String(decoding: line[..<colon], as: UTF8.self),
            value: String(decoding: value, as: UTF8.self))
    }

    /// Checks what the fields must say together, once all have come.
    func check() throws(WebError) {
        let hosts = headers.values("Host")
        guard hosts.count <= 1, version == .http10 || hosts.count == 1,
            hosts.allSatisfy({ $0.isEmpty || Authority.isValid($0.utf8) })
        else {
            throw .malformedRequest("Host")
        }
        guard version == .http11 else { return }
        guard headers.list("Expect").allSatisfy({ Headers.equal($0, "100-continue") }) else {
            throw .unknownExpectation
        }
    }

    private static func version(_ bytes: ArraySlice<UInt8>) throws(WebError) -> Request.Version {
        let text = Array(bytes)
        let isDigit: (UInt8) -> Bool = { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard text.count == 8, text.starts(with: Array("HTTP/".utf8)), isDigit(text[5]),
            text[6] == UInt8(ascii: "."), isDigit(text[7])
        else { throw .malformedRequest("version") }
        guard text[5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        return text[7] == UInt8(ascii: "0") ? .http10 : .http11
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let head = bytes.drop(while: isSpace)
        guard let last = head.lastIndex(where: { !isSpace($0) }) else { return [] }
        return head[...last]
    }
}
