/// What a peer did wrong, in HTTP or on a WebSocket; never carries what it sent.
public enum WebError: Error, Equatable, Sendable {
    /// A request that breaks the grammar or the rules of framing; the text names the rule.
    case malformedRequest(String)
    /// A request line over the limit.
    case requestLineTooLong(limit: Int)
    /// A header section with too many bytes or lines.
    case headersTooLarge(limit: Int)
    /// A body over the limit.
    case bodyTooLarge(limit: Int)
    /// A transfer coding other than chunked.
    case unsupportedTransferCoding
    /// A major version of HTTP other than 1.
    case unsupportedVersion
    /// An expectation other than `100-continue`.
    case unknownExpectation
    /// A frame that breaks RFC 6455; the text names the rule.
    case protocolViolation(String)
    /// Text that is not UTF-8.
    case invalidUTF8
    /// A compressed message that cannot be inflated.
    case invalidDeflate
    /// A message over the limit in bytes.
    case messageTooBig(limit: Int)
    /// A frame over the limit in bytes.
    case frameTooBig(limit: Int)
    /// A message of more frames than the limit.
    case tooManyFragments(limit: Int)
    /// A binary message where only text is spoken.
    case binaryNotSupported
}

extension WebError {
    /// The answer to a request that failed so; for WebSocket errors a general 400.
    public var problem: Problem {
        switch self {
        case .malformedRequest(let rule): Problem(.badRequest, "malformed_request", detail: rule)
        case .requestLineTooLong(let limit):
            Problem(.uriTooLong, "uri_too_long", detail: "The limit is \(limit) bytes.")
        case .headersTooLarge(let limit):
            Problem(.headerFieldsTooLarge, "headers_too_large", detail: "The limit is \(limit).")
        case .bodyTooLarge(let limit):
            Problem(.contentTooLarge, "body_too_large", detail: "The limit is \(limit) bytes.")
        case .unsupportedTransferCoding: Problem(.notImplemented, "unsupported_transfer_coding")
        case .unsupportedVersion: Problem(.versionNotSupported, "unsupported_version")
        case .unknownExpectation: Problem(.expectationFailed, "unknown_expectation")
        case .protocolViolation, .invalidUTF8, .invalidDeflate, .messageTooBig, .frameTooBig,
            .tooManyFragments, .binaryNotSupported:
            Problem(.badRequest, "malformed_request")
        }
    }
}
