public import Engine
import Synchronization
import Web

/// What a process gives to the service that runs in it.
public struct LaunchContext: Sendable {
    /// The service's name, as on its command line and in its log.
    public let service: String
    /// The settings that every service has.
    public let hosting: HostingSettings
    /// The process's log.
    public let log: Log
    /// The process's metrics; those of the process itself are in it.
    public let metrics: Registry
    /// The connections that speak HTTP, counted over all loops.
    let occupancy: HTTPOccupancy
    /// The connections that shake hands by TLS, of all loops.
    let handshakes: HandshakeLine
    /// The certificate that listeners use, if any.
    let tls: TLSKeeper
    private let loops = LoopKeeper()

    /// Makes what a process has; `Launch` does this, and tests that build a service in their own process.
    public init(service: String, hosting: HostingSettings) {
        self.init(service: service, hosting: hosting, writer: LineWriter())
    }

    init(service: String, hosting: HostingSettings, writer: LineWriter) {
        self.service = service
        self.hosting = hosting
        log = Log(service: service, level: hosting.logLevel, write: writer.write)
        metrics = Registry()
        occupancy = HTTPOccupancy(limits: hosting.http)
        handshakes = HandshakeLine(limit: hosting.http.handshakes)
        tls = TLSKeeper(files: hosting.tls, log: log, metrics: metrics)
        ProcessMetrics.register(in: metrics, service: service, version: Version.current)
        metrics.counter("parley_log_lines_dropped_total", help: "Log lines that nobody took in time.") {
            Double(writer.dropped)
        }
    }

    /// Makes and starts a loop, which the process stops and joins after the service has stopped.
    public func makeLoop(_ name: String) throws(EngineError) -> EventLoop {
        let loop = try EventLoop(name: name)
        try loop.start()
        loops.add(loop)
        return loop
    }

    /// Ends all loops; not from one of them.
    public func stopLoops() { loops.stop() }
}

/// The loops of a process, to be stopped with it.
private final class LoopKeeper: Sendable {
    private let loops = Mutex<[EventLoop]>([])

    func add(_ loop: EventLoop) { loops.withLock { $0.append(loop) } }

    func stop() {
        let all = loops.withLock { loops in
            defer { loops = [] }
            return loops
        }
        for loop in all { loop.stop() }
        for loop in all { loop.join() }
    }
}
