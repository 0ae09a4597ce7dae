public import Engine

/// A connection that has left HTTP.
public struct UpgradedStream {
    /// The connection; its callbacks are free to be set.
    public let stream: Stream
    /// What had been received beyond the request.
    public let leftover: [UInt8]

    /// Hands over a connection.
    public init(stream: Stream, leftover: [UInt8] = []) {
        self.stream = stream
        self.leftover = leftover
    }
}

/// What becomes of a request that asks for another protocol.
public enum Upgrade {
    /// The connection stays with HTTP, and this is the answer.
    case refused(Response)
    /// The response, a 101, is sent; then the connection is handed to `start`.
    case accepted(Response, start: (UpgradedStream) -> Void)

    /// Opens a WebSocket, or refuses a malformed handshake.
    ///
    /// `subprotocol` is chosen where it is offered; a list without it is refused. `start` is given the connection
    /// before anything of it is delivered, and sets its callbacks. With `compression`, messages are compressed
    /// where the client offers that.
    public static func webSocket(
        _ request: Request, subprotocol: String? = nil, limits: WebSocketLimits = WebSocketLimits(),
        compression: Compression? = nil, start: @escaping (WebSocketConnection) -> Void
    ) -> Upgrade {
        do throws(Problem) {
            let handshake = try Handshake(request)
            let chosen = try subprotocol.flatMap { name throws(Problem) in try handshake.selecting(name) }
            let agreed = compression.flatMap {
                ConnectionCompression($0, answering: handshake.extensions)
            }
            let response = handshake.response(subprotocol: chosen, compression: agreed?.agreement)
            return .accepted(response) { upgraded in
                start(WebSocketConnection(upgraded, limits: limits, compression: agreed))
            }
        } catch {
            return .refused(error.response)
        }
    }
}
