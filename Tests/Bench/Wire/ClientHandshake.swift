import Engine
import Web

/// The opening handshake as a client does it; RFC 6455, 4.1.
struct ClientHandshake {
    enum Step: Equatable {
        case more
        /// Done; so many of the bytes given last belong to the handshake.
        case done(used: Int)
        /// The server's status line, or what is wrong with its answer.
        case refused(String)
    }

    // One key for all: it keeps caches honest, and there are none.
    private static let key = "cGFybGV5LWJlbmNoLWtleQ=="
    private static let accept = Handshake.accept(key)
    private static let mostBytes = 16_384

    private var answer: [UInt8] = []

    /// The request for `path`, with further header lines.
    static func request(host: String, path: String, headers: [String] = []) -> [UInt8] {
        let lines =
            [
                "GET \(path) HTTP/1.1", "Host: \(host)", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(key)",
            ] + headers
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Takes what has come.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Step {
        let before = answer.count
        answer.append(contentsOf: bytes)
        guard let end = Self.endOfHead(answer, from: max(before - 3, 0)) else {
            return answer.count > Self.mostBytes ? .refused("an answer without end") : .more
        }
        let head = String(decoding: answer[..<end], as: UTF8.self)
        answer = []
        let lines = head.split(separator: "\r\n")
        guard let status = lines.first, status.hasPrefix("HTTP/1.1 101") else {
            return .refused(String(lines.first ?? "nothing"))
        }
        let isAccepted = lines.contains { line in
            line.lowercased().hasPrefix("sec-websocket-accept:") && line.hasSuffix(Self.accept)
        }
        return isAccepted ? .done(used: end - before) : .refused("a wrong Sec-WebSocket-Accept")
    }

    /// Where the empty line behind a head ends, looked for from `start` on.
    static func endOfHead(_ bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= 4, start <= bytes.count - 4 else { return nil }
        for index in start...(bytes.count - 4)
        where bytes[index] == 13 && bytes[index + 1] == 10 && bytes[index + 2] == 13 && bytes[index + 3] == 10
        {
            return index + 4
        }
        return nil
    }
}
