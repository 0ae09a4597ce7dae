import FoundationEssentials

/// What a run has found, as it is written to a file.
struct Report: Codable, Sendable {
    struct Latency: Codable, Sendable, Equatable {
        var count: UInt64
        var p50, p90, p99, p999, max, mean: Double

        /// In milliseconds, of nanoseconds.
        init(_ histogram: Histogram) {
            func milliseconds(_ percent: Double) -> Double { Double(histogram.percentile(percent)) / 1e6 }
            count = histogram.count
            p50 = milliseconds(50)
            p90 = milliseconds(90)
            p99 = milliseconds(99)
            p999 = milliseconds(99.9)
            max = Double(histogram.max) / 1e6
            mean = histogram.mean / 1e6
        }
    }

    struct Process: Codable, Sendable {
        var cpuSeconds: Double
        var cpuShare: Double
        var residentBytes: Int
        var shareBytes: Int
        var microsecondsPerAccepted: Double?
        var microsecondsPerDelivery: Double?
    }

    var mode: String
    var label: String
    var peer: Peer
    var isClean: Bool
    var findings: Findings
    var rooms, clients, publishers, size: Int
    var window: Int?
    var rate: Double?
    var seconds: Double
    var sent = 0
    var accepted = 0
    var delivered = 0
    /// Mean bytes of a delivered frame's payload.
    var frameBytes: Double = 0
    var acceptedPerSecond: Double = 0
    var deliveriesPerSecond: Double = 0
    var deliveryMilliseconds: Latency?
    var acceptanceMilliseconds: Latency?
    var connectMilliseconds: Latency?
    /// How late the generator itself sent: where it is no longer small, the generator is the bottleneck.
    var latenessMilliseconds: Latency?
    var generatorCpuShare: Double = 0
    var processes: [String: Process] = [:]
    var serverCpuSeconds: Double?
    var deliveriesPerCpuSecond: Double?
    var acceptedPerCpuSecond: Double?

    /// As JSON, with names_like_this.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// One line for people.
    var line: String {
        var words = ["\(label.isEmpty ? peer.rawValue : label):"]
        words.append(
            "\(Figure.short(acceptedPerSecond)) msg/s, \(Figure.short(deliveriesPerSecond)) deliveries/s")
        if let perCPU = deliveriesPerCpuSecond, let seconds = serverCpuSeconds {
            words.append(
                "| \(Figure.short(perCPU)) deliveries/CPU-s, \(Figure.short(acceptedPerCpuSecond ?? 0)) msg/CPU-s"
            )
            words.append("(\(Figure.fixed(seconds, 2)) CPU-s in \(Figure.fixed(self.seconds, 1)) s)")
        }
        if let latency = deliveryMilliseconds {
            words.append("| ms p50 \(Figure.fixed(latency.p50, 2)), p99 \(Figure.fixed(latency.p99, 2)),")
            words.append("max \(Figure.fixed(latency.max, 2))")
        }
        words.append(isClean ? "| nothing lost, doubled or out of order" : "| BROKEN: \(findings.line)")
        return words.joined(separator: " ")
    }
}

/// Numbers for people.
enum Figure {
    /// With so many digits behind the point.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let units = Int((abs(value) * scale).rounded())
        let sign = value < 0 && units > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(units)" }
        let fraction = String(units % Int(scale))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(sign)\(units / Int(scale)).\(zeros)\(fraction)"
    }

    /// With three digits that count: `1.63 M`, `75.1 k`, `812`.
    static func short(_ value: Double) -> String {
        switch abs(value) {
        case 999_500...: scaled(value / 1e6) + " M"
        case 9_995...: scaled(value / 1e3) + " k"
        case 100...: fixed(value, 0)
        default: scaled(value)
        }
    }

    private static func scaled(_ value: Double) -> String {
        fixed(value, abs(value) >= 99.95 ? 0 : abs(value) >= 9.995 ? 1 : 2)
    }
}

extension Report {
    /// An empty report of a run by these options.
    init(mode: String, _ options: Options) {
        self.init(
            mode: mode, label: options.label, peer: options.peer, isClean: false, findings: Findings(),
            rooms: options.rooms, clients: options.clients, publishers: options.publishers,
            size: options.size,
            window: options.window, rate: options.rate, seconds: options.seconds)
    }
}
