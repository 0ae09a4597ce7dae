import Engine
public import Foundation

/// A private redis-server on a free loopback port, with a folder of its own that goes with it.
///
/// `kill` and `start` keep the port and the folder, so that clients meet the same address again.
public final class RedisServer {
    /// Where it listens, on 127.0.0.1.
    public let port: Int
    /// Its working folder.
    public let folder: URL

    private let options: [String]
    private var process: Process?

    /// Starts a server and waits until it answers.
    ///
    /// - Parameters:
    ///   - appendOnly: whether it keeps its data over a `kill`.
    ///   - options: further words of its command line.
    public init(appendOnly: Bool = false, options: [String] = []) throws {
        port = try Self.freePort()
        folder = FileManager.default.temporaryDirectory.appending(path: "parley-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.options = ["--appendonly", appendOnly ? "yes" : "no"] + options
        try start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    /// The address as a setting.
    public var url: String { "redis://127.0.0.1:\(port)" }

    /// Starts the server again, on the same port and folder; returns when it answers.
    public func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["redis-server", "--port", "\(port)", "--bind", "127.0.0.1"]
        process.arguments? += ["--dir", folder.path, "--save", "", "--logfile", "redis.log"] + options
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        try awaitAnswer()
    }

    /// Ends the server as a crash would, and waits for its end.
    public func kill() {
        guard let process else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// Stops the server in its tracks (`SIGSTOP`): its sockets stay, nothing answers.
    public func freeze() {
        process.map { _ = Glibc.kill($0.processIdentifier, SIGSTOP) }
    }

    /// Lets a frozen server go on.
    public func thaw() {
        process.map { _ = Glibc.kill($0.processIdentifier, SIGCONT) }
    }

    /// What the server wrote to its log.
    public var log: String {
        (try? String(contentsOf: folder.appending(path: "redis.log"), encoding: .utf8)) ?? ""
    }

    private func awaitAnswer() throws {
        let deadline = Instant.current().advanced(byMilliseconds: 10_000)
        while process?.isRunning == true, Instant.current() < deadline {
            if Self.ping(port) { return }
            usleep(5_000)
        }
        throw RedisServerError(log: log)
    }
}

/// The server did not come up.
public struct RedisServerError: Error {
    /// What it wrote to its log.
    public let log: String
}

extension RedisServer {
    /// A port that was free a moment ago.
    private static func freePort() throws -> Int {
        try withSocket { socket in
            let bound = withAddress(port: 0) { bind(socket, $0, $1) }
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let named = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
            }
            guard bound == 0, named == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }

    /// Whether the server answers `PONG`; while it loads its data it answers otherwise.
    private static func ping(_ port: Int) -> Bool {
        let answer = try? withSocket { socket in
            guard withAddress(port: UInt16(port), { connect(socket, $0, $1) }) == 0 else { return false }
            var patience = timeval(tv_sec: 1, tv_usec: 0)
            setsockopt(
                socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            var buffer = [UInt8](repeating: 0, count: 64)
            guard write(socket, "PING\r\n", 6) == 6, read(socket, &buffer, 64) > 0 else { return false }
            return buffer.starts(with: "+PONG".utf8)
        }
        return answer ?? false
    }

    private static func withSocket<T>(_ body: (Int32) throws -> T) throws -> T {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    private static func withAddress<T>(
        port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T
    ) -> T {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
