import Web

/// Counts a table's answers and logs its faults; lives on the table's loop.
///
/// Labels are bounded: patterns are ours, and methods nobody knows are one.
final class RequestMetrics {
    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private let registry: Registry
    private let log: Log
    private let seconds: Histogram
    private var counters: [Key: Counter] = [:]

    init(registry: Registry, log: Log) {
        self.registry = registry
        self.log = log
        seconds = registry.histogram("parley_http_request_seconds", help: "Time to answer an HTTP request.")
    }

    func record(_ answer: Routes.Answer) {
        seconds.observe(answer.duration)
        let route = answer.pattern ?? "none"
        counter(Key(method: answer.method.label, route: route, status: answer.status.code))
            .add()
        if let fault = answer.fault { log.error("request failed", ["route": .string(route)], .error(fault)) }
    }

    private func counter(_ key: Key) -> Counter {
        if let counter = counters[key] { return counter }
        let counter = registry.counter(
            "parley_http_requests_total", help: "HTTP requests answered, by method, route and status.",
            labels: ["method": key.method, "route": key.route, "status": String(key.status)])
        counters[key] = counter
        return counter
    }
}
