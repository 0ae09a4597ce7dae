public import Web

/// What operators and their tools ask a service: `/healthz`, `/readyz`, `/metrics`.
///
/// The load balancer does not pass these on.
public struct OperationsEndpoint {
    static let paths: Set<String> = ["/healthz", "/readyz", "/metrics"]

    private let health: Health
    private let metrics: Registry

    /// Makes the endpoint of what it shows; on the loop of `health`.
    public init(health: Health, metrics: Registry) {
        self.health = health
        self.metrics = metrics
    }

    /// Adds the three addresses to a table.
    public func add(to routes: inout Routes) {
        let (health, metrics) = (health, metrics)
        routes.on(.get, "/healthz") { _ in
            .json(encoded: Array(#"{"status":"alive"}"#.utf8), headers: OperationsEndpoint.fresh)
        }
        routes.on(.get, "/readyz") { _ in
            let report = await health.report()
            return .json(
                encoded: report.json, status: report.isReady ? .ok : .serviceUnavailable,
                headers: OperationsEndpoint.fresh)
        }
        routes.on(.get, "/metrics") { _ in
            .text(await OperationsEndpoint.render(metrics), contentType: Exposition.contentType)
        }
    }

    private static let fresh: Headers = ["Cache-Control": "no-store"]

    /// Off the loop: to count open descriptors is to list them, and a gateway has thousands.
    @concurrent private static func render(_ metrics: Registry) async -> String { metrics.exposition() }
}
