import Engine
import Support
import Web

/// A client that sends bytes and keeps what it gets, over a real socket to a real server.
final class RawClient {
    let stream: Stream
    var received: [UInt8] = []
    private(set) var hasEnded = false
    private(set) var isClosed = false

    /// Connects to a server of its own.
    static func connected(to server: HTTPServer, on loop: EventLoop) async throws -> RawClient {
        var hasCome = false
        let listener = try Listener(loop: loop, host: "127.0.0.1", port: 0) {
            server.accept($0)
            hasCome = true
        }
        let stream = try await Stream.connect(
            loop: loop, host: "127.0.0.1", port: listener.port, timeoutMilliseconds: 30_000)
        let client = RawClient(stream)
        _ = await eventually(on: loop) { hasCome }
        listener.close()
        return client
    }

    private init(_ stream: Stream) {
        self.stream = stream
        stream.onReceive = { [unowned self] in received += $0 }
        stream.onEnd = { [unowned self] in hasEnded = true }
        stream.onClose = { [weak self] _ in
            self?.hasEnded = true
            self?.isClosed = true
        }
    }

    var text: String { String(decoding: received, as: UTF8.self) }

    /// The status lines got so far, without the version.
    var statuses: [String] {
        text.matches(of: #/HTTP\/1\.1 ([^\r\n]*)/#).map { String($0.1) }
    }

    func send(_ text: String) { stream.send(Array(text.utf8)) }

    /// Sends, waits until `condition` holds or the server ends, and answers whether it held.
    func exchange(_ text: String, until condition: (RawClient) -> Bool) async -> Bool {
        send(text)
        return await eventually(on: stream.loop) { condition(self) || hasEnded } && condition(self)
    }

    func ended() async -> Bool {
        await eventually(on: stream.loop) { hasEnded }
    }
}
