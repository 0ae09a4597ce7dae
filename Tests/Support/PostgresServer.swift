internal import Foundation
internal import Glibc
internal import Synchronization

/// A private PostgreSQL 15 on a free loopback port, with its data in a temporary folder.
///
/// A guard process stops it and removes its folder when the test process is gone, however that ended.
public final class PostgresServer: Sendable {
    /// What can go wrong with it.
    public enum Failure: Error { case notInstalled, command(String, log: String) }

    /// The loopback port.
    public let port: Int
    private let folder: URL
    private let tools: URL
    private let server = Mutex<pid_t?>(nil)

    /// Where and how to log in: a superuser without a password.
    public var url: String { url(database: "postgres") }

    /// The same for another database.
    public func url(database: String) -> String { "postgres://parley@127.0.0.1:\(port)/\(database)" }

    /// The server's log.
    public var log: String {
        (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? ""
    }

    /// Makes a cluster and starts it; blocks for about a second.
    public init() throws {
        tools = try Self.findTools()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "parley-pg-\(UUID().uuidString)")
        port = try RedisServer.freePort()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try own(folder)
        try runTool(
            "initdb", "-D", data, "-U", "parley", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"
        )
        try start()
        try guardAgainstOrphans()
    }

    /// Starts it again after `stop`; returns once it takes connections.
    public func start() throws {
        // Commits reach the operating system, though not the disk: what was acknowledged survives `stop`.
        let settings = [
            "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "full_page_writes=off",
            "max_connections=100",
        ]
        let command = [tool("postgres"), "-D", data, "-p", String(port)] + settings.flatMap { ["-c", $0] }
        let logFile = folder.appendingPathComponent("log")
        if !FileManager.default.fileExists(atPath: logFile.path) {
            _ = FileManager.default.createFile(atPath: logFile.path, contents: nil)
        }
        let output = try FileHandle(forWritingTo: logFile)
        try output.seekToEnd()
        let process = try launch(asServerUser(command), output: output)
        server.withLock { $0 = process.processIdentifier }
        try awaitReadiness(of: process)
    }

    /// Stops it as a crash would, all connections breaking; returns once it is gone.
    public func stop() throws {
        guard let pid = server.withLock({ pid in pid.take() }) else { return }
        kill(pid, SIGQUIT)
        let deadline = Date(timeIntervalSinceNow: 30)
        while kill(pid, 0) == 0, Date() < deadline { usleep(5_000) }
    }

    private func awaitReadiness(of process: Process) throws {
        let deadline = Date(timeIntervalSinceNow: 30)
        while process.isRunning, Date() < deadline {
            if (try? run([tool("pg_isready"), "-q", "-h", "127.0.0.1", "-p", String(port)])) != nil {
                return
            }
            usleep(10_000)
        }
        throw Failure.command("postgres", log: log)
    }

    /// Offers TLS with this certificate from now on; connections in the clear stay possible.
    public func speakTLS(_ certificate: TestAuthority.Certificate) throws {
        // Its own names for the two, and its own rule: only its account may read the key.
        for (from, name) in [(certificate.certificate, "server.crt"), (certificate.key, "server.key")] {
            try run(["cp", from, "\(data)/\(name)"])
            try run(["chmod", "600", "\(data)/\(name)"])
            if Self.isRoot { try run(["chown", "postgres", "\(data)/\(name)"]) }
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(data)/postgresql.conf"))
        try file.seekToEnd()
        try file.write(contentsOf: Data("ssl = on\n".utf8))
        try file.close()
        try stop()
        try start()
    }

    /// Stops it for good and removes its folder.
    public func remove() {
        try? stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Makes an empty database and returns its URL.
    public func makeDatabase(_ name: String) throws -> String {
        try runTool("createdb", "-h", "127.0.0.1", "-p", String(port), "-U", "parley", name)
        return url(database: name)
    }

    private var data: String { folder.appendingPathComponent("data").path }

    // MARK: Commands

    private static func findTools() throws -> URL {
        let places =
            ["/usr/lib/postgresql/15/bin"]
            + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { String($0) }
        let found = places.first { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
        guard let found else { throw Failure.notInstalled }
        return URL(fileURLWithPath: found)
    }

    /// PostgreSQL refuses to run as root: then everything is done as its own user.
    private static let isRoot = geteuid() == 0

    private func asServerUser(_ command: [String]) -> [String] {
        guard Self.isRoot else { return command }
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] + command
    }

    private func own(_ folder: URL) throws {
        guard Self.isRoot else { return }
        try run(["chown", "postgres", folder.path])
    }

    private func runTool(_ name: String, _ arguments: String...) throws {
        try run(asServerUser([tool(name)] + arguments))
    }

    private func tool(_ name: String) -> String { tools.appendingPathComponent(name).path }

    /// Not for what leaves a daemon behind: Foundation waits for all heirs of the process.
    private func run(_ command: [String]) throws {
        let output = folder.appendingPathComponent("commands")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        let process = try launch(command, output: try FileHandle(forWritingTo: output))
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let said = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
            throw Failure.command(command.joined(separator: " "), log: said + log)
        }
    }

    private func guardAgainstOrphans() throws {
        let script = """
            tail --pid=\(ProcessInfo.processInfo.processIdentifier) -f /dev/null
            '\(tools.path)/pg_ctl' stop -m immediate -D '\(data)'; rm -rf '\(folder.path)'
            """
        _ = try launch(asServerUser(["setsid", "sh", "-c", script]), output: .nullDevice)
    }

    private func launch(_ command: [String], output: FileHandle) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.start {}
        return process
    }
}
