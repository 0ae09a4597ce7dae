/// Prometheus' text format 0.0.4, written family by family.
struct Exposition {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func family(_ name: String, type: String, help: String) {
        text += "# HELP \(name) \(Exposition.escape(help, quotes: false))\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ labels: [MetricLabel], _ value: Double) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(Exposition.escape($0.value, quotes: true))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(Exposition.number(value))\n"
    }

    /// Buckets are cumulative, and the count is theirs: so the three agree even while others observe.
    mutating func histogram(_ name: String, _ labels: [MetricLabel], _ snapshot: Histogram.Snapshot) {
        var total = 0
        for (index, count) in snapshot.counts.enumerated() {
            total += count
            let bound = index < snapshot.bounds.count ? Exposition.number(snapshot.bounds[index]) : "+Inf"
            sample(name + "_bucket", labels + [MetricLabel(name: "le", value: bound)], Double(total))
        }
        sample(name + "_sum", labels, snapshot.sum)
        sample(name + "_count", labels, Double(total))
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// One label of a metric, fixed when the metric is made.
struct MetricLabel: Sendable, Hashable {
    let name: String
    let value: String
}
