internal import Engine
public import Web

/// What operators and their tools ask a service: `/healthz`, `/readyz`, `/metrics`.
///
/// The load balancer does not pass these on.
public struct OperationsEndpoint {
    static let paths: Set<String> = ["/healthz", "/readyz", "/metrics"]

    private let health: Health
    private let metrics: Registry
    /// Off the loop: to count open descriptors is to list them, and a gateway has thousands.
    private let reader = Offload(name: "parley.metrics", width: 1, waitingLimit: 16)

    /// Makes the endpoint of what it shows; on the loop of `health`.
    public init(health: Health, metrics: Registry) {
        self.health = health
        self.metrics = metrics
    }

    /// Adds the three addresses to a table.
    public func add(to routes: inout Routes) {
        let (health, metrics, reader) = (health, metrics, reader)
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
            guard let page = try? await reader.run({ metrics.exposition() }) else {
                throw Problem(.serviceUnavailable, "overloaded", retryAfterSeconds: 1)
            }
            return .text(page, contentType: Exposition.contentType)
        }
    }

    private static let fresh: Headers = ["Cache-Control": "no-store"]
}
