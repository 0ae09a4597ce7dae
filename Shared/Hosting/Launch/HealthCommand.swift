import Foundation
import FoundationNetworking

/// `SERVICE health`: asks the running process's own `/readyz`, for container checks.
struct HealthCommand {
    let hosting: HostingSettings

    /// One line and an exit code: 0 when ready.
    struct Verdict: Equatable {
        let line: String
        let code: Int32
    }

    private struct Body: Decodable {
        struct Check: Decodable { let ok: Bool }
        let checks: [String: Check]
    }

    var address: String {
        let host =
            switch hosting.host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let host where host.contains(":"): "[\(host)]"
            case let host: host
            }
        return "http://\(host):\(hosting.port)/readyz"
    }

    func run() async -> Verdict {
        // A proxy of the environment is not for asking oneself.
        setenv("no_proxy", "*", 1)
        guard let url = URL(string: address) else {
            return Verdict(line: "not an address: \(address)", code: 1)
        }
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 3
        do {
            let (body, response) = try await URLSession(configuration: configuration).data(from: url)
            return HealthCommand.verdict((response as? HTTPURLResponse)?.statusCode, body)
        } catch {
            return Verdict(line: "no answer from \(address): \(error.localizedDescription)", code: 1)
        }
    }

    static func verdict(_ status: Int?, _ body: Data) -> Verdict {
        guard status != 200 else { return Verdict(line: "ready", code: 0) }
        guard let checks = try? JSONDecoder().decode(Body.self, from: body).checks else {
            return Verdict(line: "not ready: status \(status ?? 0)", code: 1)
        }
        let failed = checks.filter { !$0.value.ok }.keys.sorted().joined(separator: ", ")
        return Verdict(line: "not ready: \(failed.isEmpty ? "draining" : failed)", code: 1)
    }
}
