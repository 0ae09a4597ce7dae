/// Why a WebSocket is closed; RFC 6455, 7.4, and the IANA registry.
public struct CloseCode: Sendable, Hashable, CustomStringConvertible {
    /// The number.
    public let number: UInt16

    /// Makes a code of a number.
    public init(_ number: UInt16) {
        self.number = number
    }

    /// The number as text.
    public var description: String { String(number) }

    /// Whether it may stand in a close frame; 1005, 1006 and 1015 never do.
    public var isSendable: Bool {
        switch number {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// Done, 1000.
    public static let normal = CloseCode(1000)
    /// The peer leaves, 1001.
    public static let goingAway = CloseCode(1001)
    /// The peer broke the protocol, 1002.
    public static let protocolError = CloseCode(1002)
    /// A kind of data that is not taken, 1003.
    public static let unsupportedData = CloseCode(1003)
    /// No code was given, 1005; never sent.
    public static let noStatus = CloseCode(1005)
    /// The connection was lost without a close frame, 1006; never sent.
    public static let abnormal = CloseCode(1006)
    /// Text that is not UTF-8, 1007.
    public static let invalidPayload = CloseCode(1007)
    /// Against the rules of the service, 1008.
    public static let policyViolation = CloseCode(1008)
    /// Over a limit, 1009.
    public static let messageTooBig = CloseCode(1009)
    /// Our fault, 1011.
    public static let internalError = CloseCode(1011)
    /// The service restarts, 1012.
    public static let serviceRestart = CloseCode(1012)
    /// Overload, 1013.
    public static let tryAgainLater = CloseCode(1013)
}

extension WebError {
    /// The code and the stable word with which a WebSocket closes on this error.
    public var close: (code: CloseCode, reason: String) {
        switch self {
        case .invalidUTF8: (.invalidPayload, "invalid_utf8")
        case .invalidDeflate: (.invalidPayload, "invalid_deflate")
        case .messageTooBig, .frameTooBig, .tooManyFragments: (.messageTooBig, "message_too_big")
        case .binaryNotSupported: (.unsupportedData, "binary_not_supported")
        default: (.protocolError, "protocol_error")
        }
    }
}
