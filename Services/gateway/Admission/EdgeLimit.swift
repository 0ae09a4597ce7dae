import Web

/// The limits on what a stranger may do to a gateway, as words for a metric.
enum EdgeLimit: String, CaseIterable, Sendable {
    /// Connections of one address.
    case connectionsPerAddress = "connections_per_ip"
    /// Connections of one user.
    case connectionsPerUser = "connections_per_user"
    /// Connections that have not said who they are, in all: the oldest was closed.
    case unauthenticated
    /// The same of one address: its oldest was closed.
    case unauthenticatedPerAddress = "unauthenticated_per_ip"
    /// What they held of unfinished messages: the oldest was closed.
    case unauthenticatedBytes = "unauthenticated_bytes"
    /// The time to say who one is.
    case authenticationTime = "authentication_time"
    /// Pages of other origins.
    case origin
    /// Memory for what waits.
    case memory
    /// Frames a second: the connection was not read for a while.
    case frameRate = "frame_rate"
    /// Bytes of a frame.
    case frameSize = "frame_size"
    /// Bytes of a message.
    case messageSize = "message_size"
    /// Frames of a message.
    case fragments
    /// Malformed frames in ten seconds.
    case malformedFrames = "malformed_frames"
    /// Depth or bytes of a message's metadata.
    case metadata
    /// Rooms of one connection.
    case rooms

    /// The limit of a WebSocket that was met; nil where it was something else.
    init?(_ error: WebError?) {
        switch error {
        case .frameTooBig: self = .frameSize
        case .messageTooBig: self = .messageSize
        case .tooManyFragments: self = .fragments
        default: return nil
        }
    }

    init(_ bound: WaitingConnections<UInt64>.Surplus.Bound) {
        self =
            switch bound {
            case .total: .unauthenticated
            case .perAddress: .unauthenticatedPerAddress
            case .bytes: .unauthenticatedBytes
            }
    }
}
