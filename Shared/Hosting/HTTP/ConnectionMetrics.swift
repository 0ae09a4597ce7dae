import Web

/// Counts the connections of all servers, and those that they turn away.
struct ConnectionMetrics {
    private let refused: [HTTPRefusal: Counter]

    init(_ registry: Registry, occupancy: HTTPOccupancy) {
        registry.gauge(
            "parley_http_connections", help: "Connections that speak HTTP; upgraded ones are not counted.",
            read: { Double(occupancy.counts.connections) })
        registry.gauge(
            "parley_http_unfinished_connections",
            help: "Those whose request has not come in whole; many of them: somebody holds them open.",
            read: { Double(occupancy.counts.unfinished) })
        registry.gauge(
            "parley_http_unfinished_bytes",
            help: "What unfinished requests hold, bounded by MAX_UNFINISHED_BYTES.",
            read: { Double(occupancy.counts.unfinishedBytes) })
        refused = Dictionary(
            uniqueKeysWithValues: HTTPRefusal.allCases.map { reason in
                let counter = registry.counter(
                    "parley_http_refused_total",
                    help: "Connections closed and requests refused by a limit or a rule of HTTP, by reason.",
                    labels: ["reason": reason.rawValue])
                return (reason, counter)
            })
    }

    /// Counts what this server refuses from now on.
    func watch(_ server: HTTPServer) {
        server.onRefused = { refused[$0]?.add() }
    }
}
