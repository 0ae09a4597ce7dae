import Engine
public import Foundation
import Synchronization

/// A private redis-server on a free loopback port, with a folder of its own that goes with it.
///
/// `kill` and `start` keep the port and the folder, so that clients meet the same address again.
public final class RedisServer {
    /// Where it listens, on 127.0.0.1.
    public private(set) var port: Int
    /// Its working folder.
    public let folder: URL

    private let options: [String]
    private var keeper: Process?
    private var lifeline: Pipe?
    private var pid: pid_t = 0

    /// Runs the server as its child and ends it when the lifeline, its input, is cut: by `kill`, or because the
    /// test process has died.
    private static let keep = """
        redis-server "$@" >/dev/null 2>&1 & echo $!; read -r _; kill -9 $!
        """

    /// Starts a server and waits until it answers.
    ///
    /// - Parameters:
    ///   - appendOnly: whether it keeps all it has acknowledged over a `kill`.
    ///   - options: further words of its command line.
    ///   - choosePort: where to listen; asked again where somebody else was quicker.
    public init(
        appendOnly: Bool = false, options: [String] = [], choosePort: () throws -> Int = RedisServer.freePort
    ) throws {
        port = try choosePort()
        folder = FileManager.default.temporaryDirectory.appending(path: "parley-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // With `everysec` Redis may answer before it writes, while an earlier fsync is under way.
        self.options = ["--appendonly", appendOnly ? "yes" : "no", "--appendfsync", "always"] + options
        for _ in 0..<10 {
            do {
                try start()
                return
            } catch let error as RedisServerError where error.isPortTaken {
                kill()
                try? FileManager.default.removeItem(at: logFile)
                port = try choosePort()
            }
        }
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
        let keeper = Process()
        let output = Pipe()
        keeper.executableURL = URL(fileURLWithPath: "/bin/sh")
        keeper.arguments = ["-c", Self.keep, "sh", "--port", "\(port)", "--bind", "127.0.0.1"]
        keeper.arguments? += ["--dir", folder.path, "--save", "", "--logfile", "redis.log"] + options
        keeper.standardOutput = output
        keeper.standardError = FileHandle.nullDevice
        lifeline = try Self.spawn(keeper)
        self.keeper = keeper
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        pid = pid_t(line.trimmingCharacters(in: .newlines)) ?? 0
        try awaitAnswer()
    }

    /// One at a time: else another server's keeper could inherit this one's lifeline, and hold it.
    private static func spawn(_ keeper: Process) throws -> Pipe {
        try keeper.start {
            let lifeline = Pipe()
            _ = fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
            keeper.standardInput = lifeline
            return lifeline
        }
    }

    /// Ends the server as a crash would, and waits for its end.
    public func kill() {
        signal(SIGKILL)
        try? lifeline?.fileHandleForWriting.close()
        keeper?.waitUntilExit()
        keeper = nil
        lifeline = nil
        // Its port tells sooner than its number, which lasts until init has taken note of its end. Nobody is told of the end
        // of a process that is no child: it is looked for until the deadline.
        let deadline = Instant.current().advanced(byMilliseconds: 30_000)
        while isAlive, Self.answerer(at: port) == pid, Instant.current() < deadline { usleep(1_000) }
        pid = 0
    }

    /// Stops the server in its tracks (`SIGSTOP`): its sockets stay, nothing answers.
    public func freeze() { signal(SIGSTOP) }

    /// Lets a frozen server go on.
    public func thaw() { signal(SIGCONT) }

    /// What `redis-cli` answers: a client of ours stays with no replica.
    public func ask(_ words: String...) throws -> String {
        try Command.runBlocking(["redis-cli", "-p", "\(port)"] + words).output.trimmingCharacters(
            in: .newlines)
    }

    /// Whether its process is there; one that has ended is not, though its parent has taken no note of that yet.
    private var isAlive: Bool {
        guard pid > 0, let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
            return false
        }
        return status.split(separator: ")").last?.hasPrefix(" Z") == false
    }

    private func signal(_ number: Int32) {
        guard pid > 0 else { return }
        Glibc.kill(pid, number)
    }

    /// What the server wrote to its log.
    public var log: String { (try? String(contentsOf: logFile, encoding: .utf8)) ?? "" }

    private var logFile: URL { folder.appending(path: "redis.log") }

    /// Waits until this very server answers: at a port that was taken meanwhile somebody else does.
    private func awaitAnswer() throws {
        let deadline = Instant.current().advanced(byMilliseconds: 30_000)
        while Instant.current() < deadline {
            if Self.answerer(at: port) == pid { return }
            guard isAlive else { break }
            usleep(5_000)
        }
        throw RedisServerError(log: log)
    }
}

/// The server did not come up.
public struct RedisServerError: Error {
    /// What it wrote to its log.
    public let log: String

    /// Whether somebody else listens where it should.
    var isPortTaken: Bool { log.contains("Address already in use") }
}

extension RedisServer {
    private static let given = Mutex<Set<UInt16>>([])

    /// A port that was free a moment ago, that this process has given to no server before, and that no connection goes
    /// out from: one that is taken by chance while its server is about to start is not to be had back.
    public static func freePort() throws -> Int {
        for _ in 0..<1_000 {
            let port = UInt16.random(in: 10_000..<20_000)
            // Those of servers that are about to start, or are down for a while, look free.
            guard given.withLock({ $0.insert(port).inserted }) else { continue }
            let isFree = try withSocket { socket in withAddress(port: port) { bind(socket, $0, $1) } == 0 }
            if isFree { return Int(port) }
        }
        throw POSIXError(.EADDRNOTAVAIL)
    }

    /// The process that answers `PONG` at this port; while it loads its data it answers otherwise.
    private static func answerer(at port: Int) -> pid_t? {
        let answer = try? withSocket { socket -> pid_t? in
            guard withAddress(port: UInt16(port), { connect(socket, $0, $1) }) == 0 else { return nil }
            var patience = timeval(tv_sec: 1, tv_usec: 0)
            setsockopt(
                socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            let question = "PING\r\nINFO server\r\nQUIT\r\n"
            guard write(socket, question, question.utf8.count) == question.utf8.count else { return nil }
            var said = ""
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while case let count = read(socket, &buffer, buffer.count), count > 0 {
                said += String(decoding: buffer.prefix(count), as: UTF8.self)
            }
            guard said.hasPrefix("+PONG") else { return nil }
            let line = said.split(whereSeparator: \.isNewline).first { $0.hasPrefix("process_id:") }
            return line.flatMap { pid_t($0.dropFirst("process_id:".count)) }
        }
        return answer ?? nil
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
