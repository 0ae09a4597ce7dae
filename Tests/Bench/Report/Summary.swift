extension Report {
    /// One line for people.
    var line: String {
        var parts = [
            traffic, connectsTold, memoryTold, latencyTold, nodesTold, slowTold, unspokenTold,
        ].compactMap { $0 }
        parts.append(isClean ? "nothing lost, doubled or out of order" : "BROKEN: \(findings.line)")
        return "\(label.isEmpty ? peer.rawValue : label): " + parts.joined(separator: " | ")
    }

    private var traffic: String? {
        guard sent > 0 else { return nil }
        let rates =
            "\(Figure.short(acceptedPerSecond)) msg/s, \(Figure.short(deliveriesPerSecond)) deliveries/s"
        guard let deliveries = deliveriesPerCpuSecond, let accepted = acceptedPerCpuSecond,
            let used = serverCpuSeconds
        else { return rates }
        return "\(rates) | \(Figure.short(deliveries)) deliveries/CPU-s, \(Figure.short(accepted)) msg/CPU-s "
            + "(\(Figure.fixed(used, 2)) CPU-s in \(Figure.fixed(seconds, 1)) s)"
    }

    private var connectsTold: String? {
        guard let perSecond = connectsPerSecond else { return nil }
        let perCPU = connectsPerCpuSecond.map { ", \(Figure.short($0)) connects/CPU-s" } ?? ""
        return "\(connections ?? 0) connections, \(Figure.short(perSecond)) connects/s\(perCPU)"
    }

    private var memoryTold: String? {
        guard mode == "idle" else { return nil }
        let bytes = processes.sorted { $0.key < $1.key }.compactMap { name, use in
            use.bytesPerConnection.map {
                "\(name) \(Figure.short($0)) B, \(Figure.fixed(use.cpuShare * 100, 1)) % CPU"
            }
        }
        return "\(connections ?? 0) connections, each: \(bytes.joined(separator: "; ")); "
            + "kernel slab \(Figure.short(kernelSlabBytesPerConnection ?? 0)) B for both ends; \(pings ?? 0) pings"
    }

    private var latencyTold: String? {
        guard let latency = deliveryMilliseconds else { return nil }
        return "ms p50 \(Figure.fixed(latency.p50, 2)), p99 \(Figure.fixed(latency.p99, 2)), "
            + "max \(Figure.fixed(latency.max, 2))"
    }

    private var nodesTold: String? {
        guard let same = sameNodeMilliseconds, let other = otherNodeMilliseconds else { return nil }
        return
            "p50 at the same node \(Figure.fixed(same.p50, 2)) ms, at the other \(Figure.fixed(other.p50, 2)) ms"
    }

    private var unspokenTold: String? {
        guard let unspoken, unspoken > 0 else { return nil }
        return "measured before \(unspoken) of \(talking * publishers) senders had anything accepted"
    }

    private var slowTold: String? {
        slow.map { "\($0) slow readers in each room, \(slowClosed ?? 0) closed" }
    }
}
