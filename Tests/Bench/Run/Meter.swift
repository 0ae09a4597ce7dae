/// Reads what has been used and counted at two moments, so that the figures between them belong together.
struct Meter: Sendable {
    let at: UInt64
    let tally: Tally
    let generator: Double
    let processes: [String: ProcessUse]

    /// Reads now.
    static func read(_ generator: Generator, _ options: Options) async throws -> Meter {
        var processes: [String: ProcessUse] = [:]
        for (name, pid) in options.processes {
            guard let use = ProcessUse(pid: pid) else { throw BenchError.server("process \(name) is gone") }
            processes[name] = use
        }
        let tally = await generator.tally()
        let own = ProcessUse.ownCPUSeconds()
        return Meter(at: Clock.now(), tally: tally, generator: own, processes: processes)
    }

    /// Writes the figures between an earlier moment and this one.
    func fill(_ report: inout Report, since start: Meter) {
        let seconds = Double(at &- start.at) / 1e9
        report.seconds = seconds
        report.sent = tally.sent - start.tally.sent
        report.accepted = tally.accepted - start.tally.accepted
        report.delivered = tally.delivered - start.tally.delivered
        report.frameBytes =
            report.delivered == 0 ? 0 : Double(tally.bytes - start.tally.bytes) / Double(report.delivered)
        report.acceptedPerSecond = Double(report.accepted) / seconds
        report.deliveriesPerSecond = Double(report.delivered) / seconds
        report.generatorCpuShare = (generator - start.generator) / seconds
        var total = 0.0
        for (name, end) in processes {
            guard let begin = start.processes[name] else { continue }
            let used = end.cpuSeconds - begin.cpuSeconds
            total += used
            let busiest = end.busiestThreadSeconds(since: begin)
            report.processes[name] = Report.Process(
                cpuSeconds: used, cpuShare: used / seconds, residentBytes: end.residentBytes,
                shareBytes: end.shareBytes, microsecondsPerAccepted: Meter.ratio(used * 1e6, report.accepted),
                microsecondsPerDelivery: Meter.ratio(used * 1e6, report.delivered),
                deliveriesPerThreadSecond: busiest > 0 ? Double(report.delivered) / busiest : nil)
        }
        guard !processes.isEmpty else { return }
        report.serverCpuSeconds = total
        report.deliveriesPerCpuSecond = total > 0 ? Double(report.delivered) / total : nil
        report.acceptedPerCpuSecond = total > 0 ? Double(report.accepted) / total : nil
    }

    private static func ratio(_ value: Double, _ count: Int) -> Double? {
        count == 0 ? nil : value / Double(count)
    }
}
