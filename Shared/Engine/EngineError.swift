internal import Glibc

/// What can go wrong below the protocols.
public enum EngineError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A system call failed with this `errno`.
    case system(call: String, code: Int32)
    /// A host name has no address.
    case resolve(host: String)
    /// Text that is no address.
    case address(String)
    /// A deadline passed.
    case timeout
    /// The other side, or we, closed the connection.
    case closed
    /// More bytes waited to be sent than the bound allows.
    case sendQueueFull
    /// A bounded queue of work is full.
    case overloaded
    /// TLS failed, or what it needs cannot be read; the text says why.
    case tls(String)

    /// A line for a log: names the call and the reason, never the bytes.
    public var description: String {
        switch self {
        case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
        case .resolve(let host): "no address for \(host)"
        case .address(let text): "not an address: \(text)"
        case .timeout: "timed out"
        case .closed: "closed"
        case .sendQueueFull: "send queue full"
        case .overloaded: "overloaded"
        case .tls(let reason): "TLS: \(reason)"
        }
    }

    /// The failure of the system call that just returned.
    static func last(_ call: String) -> EngineError { .system(call: call, code: errno) }
}
