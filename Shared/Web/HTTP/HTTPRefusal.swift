/// Why a connection or a request was not served, as a word for metrics.
public enum HTTPRefusal: String, Sendable, CaseIterable {
    /// More connections than there may be.
    case connections
    /// More connections of one address than there may be.
    case connectionsPerAddress = "connections_per_ip"
    /// More unfinished requests than there may be: the oldest was closed.
    case unfinished
    /// More unfinished requests of one address than there may be: its oldest was closed.
    case unfinishedPerAddress = "unfinished_per_ip"
    /// Unfinished requests held too many bytes: the oldest was closed.
    case unfinishedBytes = "unfinished_bytes"
    /// The header took too long.
    case headerTime = "header_time"
    /// The body took too long.
    case bodyTime = "body_time"
    /// The client took an answer too slowly.
    case answerRate = "answer_rate"
    /// A request line over the limit.
    case requestLineSize = "request_line_size"
    /// A header section over the limit.
    case headerSize = "header_size"
    /// A body over the limit.
    case bodySize = "body_size"
    /// A request that breaks the rules of HTTP.
    case malformed

    init(_ bound: WaitingConnections<UInt64>.Surplus.Bound) {
        self =
            switch bound {
            case .total: .unfinished
            case .perAddress: .unfinishedPerAddress
            case .bytes: .unfinishedBytes
            }
    }

    init(_ error: WebError) {
        self =
            switch error {
            case .requestLineTooLong: .requestLineSize
            case .headersTooLarge: .headerSize
            case .bodyTooLarge: .bodySize
            default: .malformed
            }
    }
}
