/// Why a connection is closed: a stable word, and the code of RFC 6455, section 7.4, that goes with it.
public enum CloseReason: String, Hashable, Sendable, CaseIterable {
    case bye
    case protocolError = "protocol_error"
    case binaryNotSupported = "binary_not_supported"
    case invalidUTF8 = "invalid_utf8"
    case invalidDeflate = "invalid_deflate"
    case messageTooBig = "message_too_big"
    case tokenMissing = "token_missing"
    case tokenInvalid = "token_invalid"
    case tokenExpired = "token_expired"
    case tokenRevoked = "token_revoked"
    case roomDenied = "room_denied"
    case originDenied = "origin_denied"
    case banned
    case flood
    case tooManyConnections = "too_many_connections"
    case internalError = "internal_error"
    case draining
    case slowConsumer = "slow_consumer"
    case overloaded

    /// The word that stands in the close frame.
    public var word: String { rawValue }

    /// The status code that stands in the close frame.
    public var code: UInt16 {
        switch self {
        case .bye: 1000
        case .protocolError: 1002
        case .binaryNotSupported: 1003
        case .invalidUTF8, .invalidDeflate: 1007
        case .tokenMissing, .tokenInvalid, .tokenExpired, .tokenRevoked: 1008
        case .roomDenied, .originDenied, .banned, .flood, .tooManyConnections: 1008
        case .messageTooBig: 1009
        case .internalError: 1011
        case .draining: 1012
        case .slowConsumer, .overloaded: 1013
        }
    }
}
