import Engine
import Web

/// The leanest broadcaster that this engine allows: what a chat gateway cannot be faster than.
///
/// `/ROOM` is joined by connecting to it, and each text frame goes to all that are in the room, encoded once. There is no
/// JSON, no user, no storage, no limit. Belongs to its loop.
final class LimitServer {
    private let loop: EventLoop
    private var listener: Listener?
    private var rooms: [String: LimitRoom] = [:]

    init(loop: EventLoop) { self.loop = loop }

    /// Listens; returns the port, which the kernel chooses for 0.
    func listen(host: String, port: Int) throws -> Int {
        let listener = try Listener(loop: loop, host: host, port: port) { [unowned self] in
            LimitConnection($0, server: self).start()
        }
        self.listener = listener
        return listener.port
    }

    /// Listens no more.
    func close() { listener?.close() }

    /// The room of a path.
    func room(_ path: String) -> LimitRoom {
        if let room = rooms[path] { return room }
        let room = LimitRoom()
        rooms[path] = room
        return room
    }
}

/// Those who hear each other.
final class LimitRoom {
    private var members: [LimitConnection] = []

    func enter(_ member: LimitConnection) {
        member.place = members.count
        members.append(member)
    }

    func leave(_ member: LimitConnection) {
        guard let place = member.place, let last = members.popLast() else { return }
        member.place = nil
        guard last !== member else { return }
        members[place] = last
        last.place = place
    }

    func broadcast(_ frame: SharedBytes) {
        for member in members { member.stream.send(frame) }
    }
}

/// One connection: a handshake, then frames.
final class LimitConnection {
    let stream: Stream
    /// Where it stands in its room.
    var place: Int?

    private unowned let server: LimitServer
    private var head: [UInt8] = []
    private var room: LimitRoom?
    private var decoder = FrameDecoder()
    private var message: [UInt8] = []

    private static let mostHeadBytes = 16_384

    init(_ stream: Stream, server: LimitServer) {
        self.stream = stream
        self.server = server
    }

    /// Begins to read; the stream holds this object until it closes.
    func start() {
        stream.onReceive = { [self] in receive($0) }
        stream.onClose = { [self] _ in
            room?.leave(self)
            room = nil
        }
    }

    private func receive(_ bytes: UnsafeMutableRawBufferPointer) {
        var rest = bytes
        if room == nil, !open(&rest) { return }
        do {
            while let part = try decoder.next(&rest) { take(part) }
        } catch {
            stream.close()
        }
    }

    // MARK: The handshake

    private func open(_ rest: inout UnsafeMutableRawBufferPointer) -> Bool {
        let before = head.count
        head.append(contentsOf: rest)
        guard let (request, used) = LimitRequest.read(head) else {
            if head.count > LimitConnection.mostHeadBytes { stream.close() }
            return false
        }
        head = []
        guard let request else {
            stream.send(
                Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8))
            stream.closeAfterFlush()
            return false
        }
        stream.send(request.answer)
        let room = server.room(request.path)
        room.enter(self)
        self.room = room
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[(used - before)...])
        return true
    }

    // MARK: Frames

    private func take(_ part: FramePart) {
        guard part.header.opcode == .text else { return control(part) }
        if part.isStart, part.isEnd, part.header.isFinal {
            room?.broadcast(FrameEncoder.text(UnsafeRawBufferPointer(part.bytes)))
            return
        }
        message.append(contentsOf: part.bytes)
        guard part.isEnd else { return }
        room?.broadcast(FrameEncoder.text(message))
        message = []
    }

    private func control(_ part: FramePart) {
        guard part.isEnd else { return }
        switch part.header.opcode {
        case .ping: stream.send(FrameEncoder.pong(UnsafeRawBufferPointer(part.bytes)))
        case .close:
            stream.send(FrameEncoder.frame(.close, UnsafeRawBufferPointer(part.bytes)))
            stream.closeAfterFlush()
        default: break
        }
    }
}

/// The two lines of a request that matter.
struct LimitRequest {
    let path: String
    let key: String

    /// Reads a head: nil while it is not whole, then the request (nil where it is none for WebSocket) and its length.
    static func read(_ bytes: [UInt8]) -> (request: LimitRequest?, used: Int)? {
        guard let end = ClientHandshake.endOfHead(bytes, from: 0) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        let key = lines.lazy.compactMap { line -> String? in
            guard line.lowercased().hasPrefix("sec-websocket-key:"), let colon = line.firstIndex(of: ":")
            else {
                return nil
            }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }.first
        guard words.count == 3, words[0] == "GET", let key else { return (nil, end) }
        return (LimitRequest(path: String(words[1]), key: key), end)
    }

    /// The answer that opens the WebSocket.
    var answer: [UInt8] {
        Array(
            """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept: \(Handshake.accept(key))\r
            \r

            """.utf8)
    }
}
