/// What kind of server is talked to.
enum Peer: String, Sendable, CaseIterable, Codable {
    /// A cluster of Parley, or one gateway of it.
    case parley
    /// `parley-bench limit`.
    case limit
    /// `peers/uws.py`: uWebSockets.
    case uws
    /// `peers/websockets_peer.py`: Python's websockets.
    case websockets
    /// `peers/fastapi_peer.py`: FastAPI, which stores in PostgreSQL and publishes by Redis.
    case fastapi

    /// Whether it speaks the raw protocol: `/ROOM` is joined by connecting to it, and whatever a text frame says goes to
    /// all that are in the room, the sender included.
    var isRaw: Bool { self != .parley }
}
