import Engine
import Glibc
import Web

/// A WebSocket server that says what it hears, for conformance suites.
///
/// It is the product's own HTTP and WebSocket code on one loop, with bounds as wide as such suites want them, and no
/// part of any deployment. It prints the port that it listens on, and ends when its standard input does.
@main
enum Main {
    static func main() async throws {
        signal(SIGPIPE, SIG_IGN)
        let loop = try EventLoop(name: "echo")
        try loop.start()
        let echo = Echo(loop)
        print(try await echo.listen())
        fflush(nil)
        while getchar() != EOF {}
        await echo.close()
        loop.stop()
        loop.join()
    }
}

/// Owns what lives on the loop.
private actor Echo {
    private let loop: EventLoop
    private var listener: Listener?

    init(_ loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Listens at a port that the kernel chooses.
    func listen() throws -> Int {
        loop.preconditionCurrent()
        let compression = Compression(minimumBytes: 1)
        let server = HTTPServer(
            loop: loop, handler: { _ in Handshake.upgradeRequired.response },
            upgrade: { Echo.upgrade($0, compression) })
        let listener = try Listener(loop: loop, host: "127.0.0.1", port: 0) { server.accept($0) }
        self.listener = listener
        return listener.port
    }

    /// Listens no more.
    func close() { listener?.close() }

    private static func upgrade(_ request: Request, _ compression: Compression) -> Upgrade? {
        guard Handshake.isAsked(by: request) else { return nil }
        return .webSocket(request, limits: limits, compression: compression) { connection in
            connection.owner = EchoOwner(connection)
        }
    }

    private final class EchoOwner: WebSocketOwner {
        // Held by the connection, until its socket is closed.
        private unowned let connection: WebSocketConnection

        init(_ connection: WebSocketConnection) { self.connection = connection }

        func received(text: UnsafeRawBufferPointer) { connection.send(MessageFrame(text: text)) }
        func received(binary: UnsafeRawBufferPointer) { connection.sendBinary(binary) }
        func closed(_ info: CloseInfo) {}
    }

    private static var limits: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 16_777_216
        limits.maxFrameBytes = 16_777_216
        limits.maxFragments = 1_048_576
        limits.allowsBinary = true
        limits.queuedBytes = 67_108_864
        return limits
    }
}
