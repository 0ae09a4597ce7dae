import Synchronization

/// All metrics of one process; made once, handed to whoever counts.
///
/// Asking again for the same name and labels gives the same metric. Names begin with `parley_` and end with their base unit
/// (`_seconds`, `_bytes`, `_total` for counters); a wrong name or a second type under one name is our bug and stops the process.
public final class Registry: Sendable {
    private enum Metric: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case reading(@Sendable () -> Double)
        case total(@Sendable () -> Double)
        case histogram(Histogram)

        var type: String {
            switch self {
            case .counter, .total: "counter"
            case .gauge, .reading: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    private struct Family: Sendable {
        let name: String
        let help: String
        let type: String
        var series: [(labels: [MetricLabel], metric: Metric)]
    }

    private let families = Mutex<[Family]>([])

    /// Makes an empty registry.
    public init() {}

    /// A counter; its name ends with `_total`.
    public func counter(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Counter
    {
        precondition(name.hasSuffix("_total"), "a counter's name ends with _total: \(name)")
        let metric = add(name, help, labels, .counter(Counter()))
        guard case .counter(let counter) = metric else { preconditionFailure("\(name) is read by a closure") }
        return counter
    }

    /// A gauge that is set.
    public func gauge(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        guard case .gauge(let gauge) = add(name, help, labels, .gauge(Gauge())) else {
            preconditionFailure("\(name) is read by a closure")
        }
        return gauge
    }

    /// A gauge that is asked for when metrics are read; the closure runs on any thread.
    public func gauge(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Double
    ) {
        _ = add(name, help, labels, .reading(read))
    }

    /// A counter that is kept elsewhere and asked for when metrics are read; the closure runs on any thread.
    public func counter(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Double
    ) {
        precondition(name.hasSuffix("_total"), "a counter's name ends with _total: \(name)")
        _ = add(name, help, labels, .total(read))
    }

    /// A histogram with rising upper bounds.
    public func histogram(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        bounds: [Double] = Histogram.latencySeconds
    ) -> Histogram {
        guard case .histogram(let histogram) = add(name, help, labels, .histogram(Histogram(bounds: bounds)))
        else {
            preconditionFailure("\(name) is not a histogram")
        }
        return histogram
    }

    /// Everything as Prometheus reads it.
    public func exposition() -> String {
        let families = families.withLock { $0 }
        var page = Exposition()
        for family in families {
            page.family(family.name, type: family.type, help: family.help)
            for (labels, metric) in family.series {
                Registry.write(family.name, labels, metric, to: &page)
            }
        }
        return page.text
    }

    private static func write(
        _ name: String, _ labels: [MetricLabel], _ metric: Metric, to page: inout Exposition
    ) {
        switch metric {
        case .counter(let counter): page.sample(name, labels, Double(counter.value))
        case .gauge(let gauge): page.sample(name, labels, Double(gauge.value))
        case .reading(let read), .total(let read): page.sample(name, labels, read())
        case .histogram(let histogram): page.histogram(name, labels, histogram.snapshot)
        }
    }

    /// Adds a series, or gives the one that is there already.
    private func add(
        _ name: String, _ help: String, _ labels: KeyValuePairs<String, String>, _ metric: Metric
    ) -> Metric {
        precondition(Registry.isValid(name), "not a metric name of ours: \(name)")
        let labels = labels.map { MetricLabel(name: $0.key, value: $0.value) }
        return families.withLock { families in
            guard let index = families.firstIndex(where: { $0.name == name }) else {
                families.append(Family(name: name, help: help, type: metric.type, series: [(labels, metric)]))
                return metric
            }
            precondition(families[index].type == metric.type, "\(name) is a \(families[index].type) already")
            if let known = families[index].series.first(where: { $0.labels == labels }) {
                return known.metric
            }
            families[index].series.append((labels, metric))
            return metric
        }
    }

    static func isValid(_ name: String) -> Bool {
        name.hasPrefix("parley_")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
