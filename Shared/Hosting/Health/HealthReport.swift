/// How a service's dependencies are, at one moment.
public struct HealthReport: Sendable, Equatable {
    /// What one check found.
    public struct Check: Sendable, Equatable {
        /// The dependency's name.
        public let name: String
        /// How long it took to answer, or how long it was waited for.
        public let latencyMilliseconds: Double
        /// Why it failed; `nil` where it did not.
        public let failure: String?

        /// Whether the dependency answered.
        public var isOK: Bool { failure == nil }
    }

    /// One entry per dependency, in the order of registration.
    public let checks: [Check]
    /// Whether the process is about to end and wants no new work.
    public let isDraining: Bool

    /// Whether traffic should come here: the one rule, and the place for hysteresis when there is need for it.
    public var isReady: Bool { !isDraining && checks.allSatisfy(\.isOK) }

    /// The body of `/readyz`.
    var json: [UInt8] {
        var bytes = Array(#"{"status":"\#(isReady ? "ready" : "not_ready")","#.utf8)
        if isDraining { bytes += #""draining":true,"#.utf8 }
        bytes += #""checks":{"#.utf8
        for (index, check) in checks.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            HealthReport.append(check, to: &bytes)
        }
        bytes += "}}".utf8
        return bytes
    }

    private static func append(_ check: Check, to bytes: inout [UInt8]) {
        let latency = (check.latencyMilliseconds * 100).rounded() / 100
        JSONText.append(check.name, to: &bytes)
        bytes += #":{"ok":\#(check.isOK),"latency_ms":\#(JSONText.number(latency))"#.utf8
        if let failure = check.failure {
            bytes += #","error":"#.utf8
            JSONText.append(failure, to: &bytes, limit: 200)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
