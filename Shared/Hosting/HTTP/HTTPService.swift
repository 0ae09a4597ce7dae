public import Engine
import Glibc
public import Web

/// Serves a table of addresses on `HOST:PORT`, by TLS where there is a certificate, counted and logged.
///
/// Lives on its loop. A service with several loops makes one on each; they share their port and their bounds.
public final class HTTPService {
    /// The port it listens on.
    public let port: Int
    private let server: HTTPServer
    private let listener: Listener

    /// Listens from now on; `upgrade` decides on requests that ask for WebSocket.
    ///
    /// - Parameters:
    ///   - port: where the first of several loops listens; nil: where the settings say.
    ///   - sharing: whether other loops listen there too.
    public init(
        loop: EventLoop, context: LaunchContext, routes: Routes, port: Int? = nil,
        sharing: PortSharing = .none, upgrade: HTTPServer.UpgradeHook? = nil
    ) throws(StartFailure) {
        var routes = routes
        let metrics = RequestMetrics(registry: context.metrics, log: context.log)
        let observer = routes.onAnswer
        routes.onAnswer = {
            metrics.record($0)
            observer?($0)
        }
        routes.crossOrigin = CrossOrigin(context.hosting.origins, closed: OperationsEndpoint.paths)
        let table = routes
        let server = HTTPServer(
            loop: loop, limits: context.hosting.http, proxies: context.hosting.proxies,
            occupancy: context.occupancy, handler: { await table.respond(to: $0) }, upgrade: upgrade)
        ConnectionMetrics(context.metrics, occupancy: context.occupancy).watch(server)
        let (host, port) = (context.hosting.host, port ?? context.hosting.port)
        let tls = try context.tls.listen()
        do {
            listener = try Listener(loop: loop, host: host, port: port, sharing: sharing, tls: tls) {
                server.accept($0)
            }
        } catch {
            throw HTTPService.failure(error, host: host, port: port)
        }
        listener.boundHandshakes(
            context.handshakes, milliseconds: context.hosting.http.headerMilliseconds)
        let pauses = context.metrics.counter(
            "parley_accept_pauses_total",
            help: "Times that nobody was let in for 100 ms, as there was no descriptor or memory left.")
        listener.onExhausted = { pauses.add() }
        self.server = server
        self.port = listener.port
    }

    /// How many connections speak HTTP now; upgraded ones are not counted.
    public var connectionCount: Int { server.connectionCount }

    /// Stops listening and finishes what runs; returns when no connection is left, at the bound in any case.
    public func drain(withinMilliseconds bound: Int) async {
        listener.close()
        await server.drain(withinMilliseconds: bound)
    }

    static func failure(_ error: EngineError, host: String, port: Int) -> StartFailure {
        let advice =
            switch error {
            case .system(_, EADDRINUSE): "Stop what listens there, or set PORT to another."
            case .system(_, EACCES): "Set PORT to 1024 or more, or give the process the right to lower ones."
            case .system(_, EADDRNOTAVAIL): "Set HOST to an address of this machine."
            default: "Check HOST and PORT."
            }
        return StartFailure("cannot listen on \(host):\(port): \(error)", advice: advice)
    }
}
