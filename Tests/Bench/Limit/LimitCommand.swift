import Engine
import Glibc

/// `parley-bench limit`: the limit server as a process; it prints its port, and ends by SIGTERM or SIGINT.
enum LimitCommand {
    static func run(_ options: LimitOptions) async throws {
        Descriptors.raise()
        let loop = try EventLoop(name: "limit")
        try loop.start()
        let host = LimitHost(loop)
        let port = try await host.listen(host: options.host, port: options.port)
        print(port)
        fflush(nil)
        try await Stop.signal()
        await host.close()
        loop.stop()
        loop.join()
    }
}

/// Owns the server on its loop.
private actor LimitHost {
    private let loop: EventLoop
    private var server: LimitServer?

    init(_ loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func listen(host: String, port: Int) throws -> Int {
        loop.preconditionCurrent()
        let server = LimitServer(loop: loop)
        self.server = server
        return try server.listen(host: host, port: port)
    }

    func close() { server?.close() }
}
