import Engine
import FoundationEssentials

/// HTTP requests to a cluster, one connection each: what is done before a run.
actor Rest {
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    private let loop: EventLoop
    private let target: Target

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ target: Target) throws {
        self.target = target
        loop = try EventLoop(name: "bench-rest")
        try loop.start()
    }

    /// Posts JSON.
    func post(_ path: String, _ json: [String: String], token: String? = nil) async throws -> Answer {
        loop.preconditionCurrent()
        let body = try JSONEncoder().encode(json)
        var lines = [
            "POST \(path) HTTP/1.1", "Host: \(target.authority)", "Connection: close",
            "Content-Type: application/json", "Content-Length: \(body.count)",
        ]
        if let token { lines.append("Authorization: Bearer \(token)") }
        let stream = try await Stream.connect(
            loop: loop, host: target.host, port: target.port, timeoutMilliseconds: 10_000)
        let bytes = await exchange(stream, Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
        return try Rest.answer(bytes)
    }

    /// Ends the loop.
    nonisolated func end() {
        loop.stop()
        loop.join()
    }

    private func exchange(_ stream: Engine.Stream, _ request: [UInt8]) async -> [UInt8] {
        let received = Received()
        stream.onReceive = { received.bytes.append(contentsOf: $0) }
        stream.send(request)
        await withUnsafeContinuation { continuation in
            stream.onClose = { _ in continuation.resume() }
        }
        return received.bytes
    }

    private final class Received { var bytes: [UInt8] = [] }

    /// Reads an answer that ended with its connection.
    static func answer(_ bytes: [UInt8]) throws(BenchError) -> Answer {
        guard let end = ClientHandshake.endOfHead(bytes, from: 0) else {
            throw .server("no answer over HTTP")
        }
        let words = String(decoding: bytes[..<end], as: UTF8.self).prefix { $0 != "\r\n" }.split(
            separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { throw .server("no status in an answer") }
        return Answer(status: status, body: Array(bytes[end...]))
    }
}
