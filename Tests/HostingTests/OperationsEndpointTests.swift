import Engine
import Support
import Testing
import Web

@testable import Hosting

/// A table with the endpoint, and one dependency that is there or not.
private func ask(_ path: String, dependency: Bool = true) async throws -> Response {
    try await onLoop { loop in
        let health = Health(loop: loop)
        health.check("redis") { if !dependency { throw EngineError.closed } }
        let metrics = Registry()
        metrics.counter("parley_x_total", help: "X.").add(3)
        var routes = Routes()
        OperationsEndpoint(health: health, metrics: metrics).add(to: &routes)
        return await routes.respond(to: try #require(Request(.get, path)))
    }
}

@Suite struct OperationsEndpointTests {
    @Test(arguments: [true, false])
    func aliveTouchesNoDependency(dependency: Bool) async throws {
        let response = try await ask("/healthz", dependency: dependency)
        #expect(response.status == .ok)
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"status":"alive"}"#)
    }

    @Test func readyIs200() async throws {
        let response = try await ask("/readyz")
        #expect(response.status == .ok)
        #expect(response.headers["Content-Type"] == "application/json")
        #expect(
            String(decoding: response.body, as: UTF8.self).hasPrefix(
                #"{"status":"ready","checks":{"redis":{"ok":true"#))
    }

    @Test func notReadyIs503() async throws {
        let response = try await ask("/readyz", dependency: false)
        #expect(response.status == .serviceUnavailable)
        #expect(
            String(decoding: response.body, as: UTF8.self)
                .hasPrefix(#"{"status":"not_ready","checks":{"redis":{"ok":false"#))
    }

    @Test func metricsArePrometheusText() async throws {
        let response = try await ask("/metrics")
        #expect(response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(String(decoding: response.body, as: UTF8.self).hasSuffix("\nparley_x_total 3\n"))
    }

    /// Asked as a server asks it: by a task of the loop, where all that is not taken off it stays.
    @Test func metricsAreReadOffTheLoop() async throws {
        let page = try await onLoop { loop in
            let metrics = Registry()
            metrics.gauge("parley_on_loop", help: "Whether it is read there.") { loop.isCurrent ? 1 : 0 }
            var routes = Routes()
            OperationsEndpoint(health: Health(loop: loop), metrics: metrics).add(to: &routes)
            let (table, request) = (routes, try #require(Request(.get, "/metrics")))
            return await withCheckedContinuation { continuation in
                loop.spawn {
                    let response = await table.respond(to: request)
                    continuation.resume(returning: String(decoding: response.body, as: UTF8.self))
                }
            }
        }
        #expect(page.hasSuffix("\nparley_on_loop 0\n"))
    }
}

@Suite struct RequestMetricsTests {
    @Test func answersAreCountedByMethodRouteAndStatus() async throws {
        let text = try await onLoop { loop in
            let registry = Registry()
            let metrics = RequestMetrics(registry: registry, log: .silent)
            var routes = Routes()
            routes.on(.get, "/rooms/{room}") { _ in .noContent }
            routes.onAnswer = { metrics.record($0) }
            for path in ["/rooms/a", "/rooms/b", "/nowhere"] {
                _ = await routes.respond(to: try #require(Request(.get, path)))
            }
            _ = await routes.respond(to: try #require(Request(Method("BREW"), "/rooms/a")))
            return registry.exposition()
        }
        #expect(
            text.contains(#"parley_http_requests_total{method="GET",route="/rooms/{room}",status="204"} 2"#))
        #expect(text.contains(#"parley_http_requests_total{method="GET",route="none",status="404"} 1"#))
        #expect(
            text.contains(#"parley_http_requests_total{method="other",route="/rooms/{room}",status="405"} 1"#)
        )
        #expect(text.contains("parley_http_request_seconds_count 4"))
    }
}
