/// What can go wrong between a caller and Redis.
///
/// Nothing here carries a password, a key's content or an argument, so any case may be logged as it is.
public enum RedisError: Error, Sendable, Hashable {
    /// There is no connection at this moment: the command was not sent.
    case unavailable
    /// The connection ended before the answer came: the command may or may not have been carried out.
    case disconnected
    /// No answer came in time: the command may or may not have been carried out.
    case timeout
    /// Redis answered with an error; the text begins with its code (`WRONGTYPE`, `NOGROUP`, `ERR` …).
    case server(String)
    /// The peer sent something that is not RESP2, or more than ``ReplyLimits`` allow.
    case protocolViolation
    /// More commands wait for their answers than a connection may hold: the command was not sent.
    case overloaded
    /// The command has no word or is larger than Redis would take: it was not sent.
    case commandTooLarge
    /// A setting cannot be used; the text says which and why, without its value.
    case configuration(String)
}

extension RedisError {
    /// The server is a replica: the primary has to be looked for anew.
    static let replica = RedisError.server("READONLY the server is a replica")

    /// The first word of an error that Redis answered with.
    public var code: String? {
        guard case .server(let message) = self else { return nil }
        return message.split(separator: " ", maxSplits: 1).first.map(String.init)
    }

    /// Whether Redis answers what is read and refuses what is written, for want of its disk or of the replicas that it
    /// must have.
    public var refusesWrites: Bool { code == "MISCONF" || code == "NOREPLICAS" }

    /// Whether the command certainly had no effect, so that sending it again is safe.
    public var wasNotSent: Bool {
        switch self {
        case .unavailable, .overloaded, .commandTooLarge, .configuration: true
        case .disconnected, .timeout, .server, .protocolViolation: false
        }
    }

    /// Makes the error of an error reply; what Redis quotes of the command's arguments is left out.
    static func reply(_ message: String) -> RedisError {
        let end = message.firstRange(of: ", with args beginning with")?.lowerBound ?? message.endIndex
        return .server(String(message[..<end].prefix(maxMessageLength)))
    }

    private static let maxMessageLength = 512
}

extension RedisError: CustomStringConvertible {
    /// A short text for logs.
    public var description: String {
        switch self {
        case .unavailable: "Redis is not connected"
        case .disconnected: "the connection to Redis was lost"
        case .timeout: "Redis did not answer in time"
        case .server(let message): "Redis answered: \(message)"
        case .protocolViolation: "Redis sent something that is not understood"
        case .overloaded: "too many commands wait for Redis"
        case .commandTooLarge: "the command is empty or too large for Redis"
        case .configuration(let problem): problem
        }
    }
}
