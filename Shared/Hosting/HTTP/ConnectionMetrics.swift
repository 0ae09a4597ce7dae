import Web

/// Counts the connections of one server, and those that it turns away.
struct ConnectionMetrics {
    private let connections: Gauge
    private let unfinished: Gauge
    private let unfinishedBytes: Gauge
    private let refused: [HTTPRefusal: Counter]

    init(_ registry: Registry) {
        connections = registry.gauge(
            "parley_http_connections", help: "Connections that speak HTTP; upgraded ones are not counted.")
        unfinished = registry.gauge(
            "parley_http_unfinished_connections",
            help: "Those whose request has not come in whole; many of them: somebody holds them open.")
        unfinishedBytes = registry.gauge(
            "parley_http_unfinished_bytes",
            help: "What unfinished requests hold, bounded by MAX_UNFINISHED_BYTES.")
        refused = Dictionary(
            uniqueKeysWithValues: HTTPRefusal.allCases.map { reason in
                let counter = registry.counter(
                    "parley_http_refused_total",
                    help: "Connections closed and requests refused by a limit or a rule of HTTP, by reason.",
                    labels: ["reason": reason.rawValue])
                return (reason, counter)
            })
    }

    /// Counts what this server does from now on.
    func watch(_ server: HTTPServer) {
        server.onRefused = { refused[$0]?.add() }
        server.onCounted = { counts in
            connections.set(counts.connections)
            unfinished.set(counts.unfinished)
            unfinishedBytes.set(counts.unfinishedBytes)
        }
    }
}
