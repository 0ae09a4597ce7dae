import FoundationEssentials

/// `SERVICE health`: asks the running process's own `/readyz`, for container checks.
struct HealthCommand {
    let hosting: HostingSettings

    /// A line, one more for each reason, and an exit code: 0 when ready.
    struct Verdict: Equatable {
        let line: String
        let code: Int32
    }

    private struct Body: Decodable {
        struct Check: Decodable {
            let ok: Bool
            let error: String?
        }

        let checks: [String: Check]
    }

    private var host: String {
        switch hosting.host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        case let host: host
        }
    }

    var address: String {
        let place = host.contains(":") ? "[\(host)]" : host
        return "\(hosting.tls == nil ? "http" : "https")://\(place):\(hosting.port)/readyz"
    }

    func run() async -> Verdict {
        do {
            let inquiry = try SelfInquiry()
            defer { inquiry.end() }
            let answer = try await inquiry.get(
                "/readyz", host: host, port: hosting.port, isTLS: hosting.tls != nil)
            return HealthCommand.verdict(answer.status, Data(answer.body))
        } catch {
            return Verdict(line: "no answer from \(address): \(error)", code: 1)
        }
    }

    static func verdict(_ status: Int, _ body: Data) -> Verdict {
        guard status != 200 else { return Verdict(line: "ready", code: 0) }
        guard let checks = try? JSONDecoder().decode(Body.self, from: body).checks else {
            return Verdict(line: "not ready: status \(status)", code: 1)
        }
        let failed = checks.filter { !$0.value.ok }.sorted { $0.key < $1.key }
        let names = failed.isEmpty ? "draining" : failed.map(\.key).joined(separator: ", ")
        let reasons = failed.compactMap { check in check.value.error.map { "\n  \(check.key): \($0)" } }
        return Verdict(line: "not ready: \(names)\(reasons.joined())", code: 1)
    }
}
