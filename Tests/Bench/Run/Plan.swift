/// Who talks to whom, the same for every loop of the generator.
///
/// Clients are numbered through the rooms: client `c` of room `r` is `r * clients + c`, and the first ones of each
/// room are its publishers, who send where the room is one of those that talk.
struct Plan: Sendable {
    var peer: Peer
    var targets: [Target]
    var rooms: [String]
    /// Rooms in which somebody sends: the first ones.
    var talking: Int
    /// Clients in each room.
    var clients: Int
    /// Publishers in each room.
    var publishers: Int
    /// Clients in each room that do not read: the last ones.
    var slow = 0
    /// Bytes of a message's content.
    var size: Int
    /// Whether each message carries a key of its own (`client_msg_id`).
    var hasKeys: Bool
    /// By client, wrapping round; empty where nobody asks.
    var tokens: [String]
    /// Loops of the generator.
    var loops: Int

    /// How many connections there are.
    var connections: Int { rooms.count * clients }
    /// How many publishers there are that send.
    var senders: Int { talking * publishers }

    /// The room of a client.
    func room(of client: Int) -> Int { client / clients }
    /// The sender that a client is, if it is one.
    func sender(of client: Int) -> Int? {
        let (room, place) = client.quotientAndRemainder(dividingBy: clients)
        return room < talking && place < publishers ? room * publishers + place : nil
    }
    /// The client that is a sender.
    func client(of sender: Int) -> Int { sender / publishers * clients + sender % publishers }
    /// The loop that a client lives on.
    func loop(of client: Int) -> Int { client % loops }
    /// Clients in each room that hear all.
    var hearers: Int { clients - slow }
    /// Whether a client does not read.
    func isSlow(_ client: Int) -> Bool { client % clients >= hearers }
    /// How many clients of a room live on a loop and hear all.
    func hearers(of room: Int, on loop: Int) -> Int {
        (room * clients..<room * clients + hearers).count { self.loop(of: $0) == loop }
    }
    /// On how many loops a room has clients that hear all.
    var loopsOfRoom: Int { min(loops, hearers) }
    /// Which of the targets a client connects to: taking turns within each room.
    func node(of client: Int) -> Int { client % clients % targets.count }
    /// Its token.
    func token(of client: Int) -> String? { tokens.isEmpty ? nil : tokens[client % tokens.count] }
}

/// An address to connect to.
struct Target: Sendable, Equatable {
    let host: String
    let port: Int

    /// Reads `ws://HOST:PORT` or `http://HOST:PORT`.
    init?(_ url: String) {
        guard let scheme = ["ws://", "http://"].first(where: { url.hasPrefix($0) }) else { return nil }
        let place = url.dropFirst(scheme.count).prefix { $0 != "/" }
        guard let colon = place.lastIndex(of: ":") else {
            host = String(place)
            port = 80
            return
        }
        guard let port = Int(place[place.index(after: colon)...]), (1...65_535).contains(port) else {
            return nil
        }
        host = String(place[..<colon]).trimmingBrackets
        self.port = port
    }

    /// As a `Host` header names it.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension String {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
