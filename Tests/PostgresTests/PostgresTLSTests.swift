import Engine
import Postgres
import Support
import Testing

/// `sslmode` and `sslrootcert` of the URL, against a real server.
struct PostgresTLSTests {
    /// Whether the session is encrypted, or why there is none.
    private func outcome(_ text: String) async throws -> String {
        guard let url = PostgresURL(text) else { throw NoURL() }
        return try await onLoop { loop in
            let client = PostgresClient(loop: loop, url: url, poolSize: 1, name: "tests")
            var reasons: [String] = []
            client.onConnectionFailure = { reasons.append($0) }
            client.start()
            let sql = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            let rows = try? await client.query(sql)
            _ = await eventually(on: loop) { rows != nil || !reasons.isEmpty }
            await client.close()
            guard let row = rows?.first else { return reasons.first ?? "nothing" }
            return try row["ssl"].bool ? row["version"].text : "in the clear"
        }
    }

    @Test func theModeOfTheURLIsKept() async throws {
        let (authority, stranger) = (try await TestAuthority(), try await TestAuthority())
        let server = try await blocking { try PostgresServer() }
        defer { server.remove() }
        try server.speakTLS(try await authority.issue("postgres", for: "DNS:localhost"))
        func outcome(_ host: String, _ settings: String) async throws -> String {
            try await self.outcome("postgres://parley@\(host):\(server.port)/postgres?\(settings)")
        }
        let (ours, others) = ("sslrootcert=\(authority.file)", "sslrootcert=\(stranger.file)")
        #expect(try await outcome("localhost", "sslmode=verify-full&\(ours)") == "TLSv1.3")
        #expect(try await outcome("127.0.0.1", "sslmode=verify-ca&\(ours)") == "TLSv1.3")
        #expect(try await outcome("localhost", "sslmode=require") == "TLSv1.3")
        #expect(try await outcome("localhost", "sslmode=disable") == "in the clear")
        let wrongAuthority = try await outcome("localhost", "sslmode=verify-full&\(others)")
        #expect(wrongAuthority.contains("certificate verify failed"))
        let wrongName = try await outcome("127.0.0.1", "sslmode=verify-full&\(ours)")
        #expect(wrongName.contains("does not match host name"))
    }

    @Test func aServerWithoutTLSIsRefusedWhereItIsRequired() async throws {
        let reason = try await outcome(await SharedServer.url() + "?sslmode=require")
        #expect(reason.contains("server does not support SSL"))
    }
}
