public import Redis
public import Schema

/// What can go wrong when one service asks another, or Redis, for something.
public enum BusError: Error, Sendable, Hashable {
    /// Redis cannot be reached, or did not answer: whether the request took effect is unknown.
    case redis(RedisError)
    /// No answer came before the deadline.
    case timeout
    /// The other service refused, with this code.
    case refused(ErrorCode)
    /// An answer that is none.
    case malformed

    /// The wire's word for it.
    public var code: ErrorCode {
        switch self {
        case .redis(let error): error.code == "OOM" ? .overloaded : .busUnavailable
        case .timeout: .timeout
        case .refused(let code): code
        case .malformed: .internalError
        }
    }

    /// Whether Redis is away, or takes nothing that is written: rather than unwilling.
    public var isOutage: Bool {
        switch self {
        case .redis(.disconnected), .redis(.unavailable), .redis(.timeout): true
        case .redis(let error): error.refusesWrites
        default: false
        }
    }
}
