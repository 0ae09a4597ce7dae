import Access
import Hosting
import Postgres
import Schema
import Web

/// One operation of the REST interface; its file is named after it.
protocol Operation {
    func answer(_ request: Request) async throws -> Response
}

/// The table of auth's addresses.
struct AuthRoutes {
    private(set) var table = Routes()
    private let isReady: () -> Bool

    /// Until `isReady`, all operations answer 503.
    init(isReady: @escaping () -> Bool) { self.isReady = isReady }

    mutating func on(_ method: Method, _ pattern: String, _ operation: any Operation) {
        let isReady = isReady
        table.on(method, pattern) { request in
            do {
                guard isReady() else { throw Problem(.serviceUnavailable) }
                return try await operation.answer(request)
            } catch {
                guard let problem = Problem(reporting: error) else { throw error }
                throw problem
            }
        }
    }

    mutating func add(_ operations: OperationsEndpoint) { operations.add(to: &table) }

    /// A line for each answer: the pattern, as paths and queries are people's own.
    mutating func log(to log: Log) {
        table.onAnswer = { answer in
            guard let pattern = answer.pattern, !Self.quiet.contains(pattern) else { return }
            let milliseconds = (answer.duration / .microseconds(1)).rounded() / 1000
            log.info(
                "request",
                [
                    "method": .string(answer.method.label), "route": .string(pattern),
                    "status": .int(answer.status.code), "ms": .double(milliseconds),
                ])
        }
    }

    /// What asks again and again all day.
    private static let quiet: Set<String> = ["/healthz", "/readyz", "/metrics"]
}
