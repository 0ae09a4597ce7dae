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
    /// before anything of it is delivered, and sets its callbacks.
    public static func webSocket(
        _ request: Request, subprotocol: String? = nil, limits: WebSocketLimits = WebSocketLimits(),
        start: @escaping (WebSocketConnection) -> Void
    ) -> Upgrade {
        do throws(Problem) {
            let handshake = try Handshake(request)
            let chosen = try subprotocol.flatMap { name throws(Problem) in try handshake.selecting(name) }
            return .accepted(handshake.response(subprotocol: chosen)) { upgraded in
                start(WebSocketConnection(upgraded, limits: limits))
            }
        } catch {
            return .refused(error.response)
        }
    }
}
