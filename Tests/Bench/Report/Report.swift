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
        var bytesPerConnection: Double?
        var microsecondsPerAccepted: Double?
        var microsecondsPerDelivery: Double?
        /// Deliveries for each second that its busiest thread has worked: with a core for each thread it could not do more.
        var deliveriesPerThreadSecond: Double?
    }

    /// One rate of a ramp.
    struct Step: Codable, Sendable {
        var rate, acceptedPerSecond, p50, p99, max, lateP99: Double
        var refused: Int
        var serverCpuSeconds: Double?
        var seconds, generatorCpuShare: Double
        var isGood: Bool
        /// Whether the generator was so late that nothing is said of the server.
        var isGeneratorLate: Bool

        /// One line for people.
        var line: String {
            "\(isGood ? "good" : isGeneratorLate ? "generator late" : "too much"): \(Figure.short(rate))/s: accepted \(Figure.short(acceptedPerSecond))/s, "
                + "ms p50 \(Figure.fixed(p50, 2)), p99 \(Figure.fixed(p99, 2)), max \(Figure.fixed(max, 2))"
        }
    }

    /// One wave of connects.
    struct Wave: Codable, Sendable {
        var kind: String
        var connects: Int
        var seconds, connectsPerSecond: Double
        var connectsPerCpuSecond: Double?
        var cpuSeconds: [String: Double]
        var failed: Int

        /// One line for people.
        var line: String {
            let perCPU = connectsPerCpuSecond.map { ", \(Figure.short($0)) per CPU-s" } ?? ""
            return "\(kind): \(connects) connects in \(Figure.fixed(seconds, 2)) s, "
                + "\(Figure.short(connectsPerSecond))/s\(perCPU), \(failed) failed"
        }
    }

    var mode: String
    var label: String
    var peer: Peer
    var isClean: Bool
    var findings: Findings
    var rooms, talking, clients, publishers, size: Int
    var window: Int?
    var rate: Double?
    var seconds: Double
    /// Senders of whom nothing had been accepted when measuring began: what their first messages cost is measured.
    var unspoken: Int?
    var sent = 0
    var accepted = 0
    var delivered = 0
    /// Mean bytes of a delivered frame's payload.
    var frameBytes: Double = 0
    var acceptedPerSecond: Double = 0
    var deliveriesPerSecond: Double = 0
    var deliveryMilliseconds: Latency?
    /// The same, where sender and receiver are at one of several nodes, and where they are not.
    var sameNodeMilliseconds: Latency?
    var otherNodeMilliseconds: Latency?
    var acceptanceMilliseconds: Latency?
    var connectMilliseconds: Latency?
    /// How late the generator itself sent: where it is no longer small, the generator is the bottleneck.
    var latenessMilliseconds: Latency?
    var generatorCpuShare: Double = 0
    var processes: [String: Process] = [:]
    var serverCpuSeconds: Double?
    var deliveriesPerCpuSecond: Double?
    var acceptedPerCpuSecond: Double?
    var connections: Int?
    var connectsPerSecond: Double?
    var connectsPerCpuSecond: Double?
    /// The same of the first wave, whom nobody knows yet.
    var firstConnectsPerCpuSecond: Double?
    /// Pings that were answered while nothing else went on.
    var pings: Int?
    /// What the kernel holds for both ends of a connection.
    var kernelSlabBytesPerConnection: Double?
    var kernelSocketBytesPerConnection: Double?
    /// Slow readers, and how many of them the server has closed.
    var slow: Int?
    var slowClosed: Int?
    var steps: [Step] = []
    var waves: [Wave] = []

    /// As JSON, with names_like_this.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}

extension Report {
    /// An empty report of a run by these options.
    init(mode: String, _ options: Options) {
        self.init(
            mode: mode, label: options.label, peer: options.peer, isClean: false, findings: Findings(),
            rooms: options.rooms, talking: options.talkingRooms, clients: options.clients,
            publishers: options.publishers,
            size: options.size,
            window: options.window, rate: options.rate, seconds: options.seconds)
        slow = options.slow > 0 ? options.slow : nil
    }

    /// Takes the times over.
    mutating func fill(_ timings: Timings, isOpen: Bool) {
        func latency(_ histogram: Histogram) -> Latency? { histogram.count > 0 ? Latency(histogram) : nil }
        deliveryMilliseconds = latency(timings.delivery)
        sameNodeMilliseconds = latency(timings.sameNode)
        otherNodeMilliseconds = latency(timings.otherNode)
        acceptanceMilliseconds = latency(timings.acceptance)
        connectMilliseconds = latency(timings.connecting)
        latenessMilliseconds = isOpen ? latency(timings.lateness) : nil
    }
}
