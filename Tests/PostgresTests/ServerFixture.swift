import Engine
import Postgres
import Support

/// One server for all tests that do not break it.
enum SharedServer {
    private static let server = Result { try PostgresServer() }

    static func url() async throws -> String { try await blocking { try server.get().url } }
}

struct NoURL: Error {}

/// Runs `body` with a client on a loop of its own, against the shared server.
func withClient<T: Sendable>(
    poolSize: Int = 2, settings: PostgresSettings = PostgresSettings(), url: String? = nil,
    _ body: nonisolated(nonsending) @escaping @Sendable (PostgresClient, EventLoop) async throws -> T
) async throws -> T {
    let text = if let url { url } else { try await SharedServer.url() }
    guard let url = PostgresURL(text) else { throw NoURL() }
    return try await onLoop { loop in
        let client = PostgresClient(
            loop: loop, url: url, poolSize: poolSize, name: "tests", settings: settings)
        client.start()
        do {
            let value = try await body(client, loop)
            await client.close()
            return value
        } catch {
            await client.close()
            throw error
        }
    }
}

/// The error that `body` throws, or nil.
func failure(of body: () async throws -> Void) async -> PostgresError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}
