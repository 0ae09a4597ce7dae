import Engine
import Postgres
import Support
import Testing

/// What happens when connections, and the server itself, go away.
struct RecoveryTests {
    @Test func replacesABackendThatWasTerminated() async throws {
        let (error, differs) = try await withClient(poolSize: 1) { client, _ in
            let sql = "SELECT pg_backend_pid() AS pid"
            let old = try await client.query(sql)[0]["pid"].int
            let error = await failure {
                try await client.query("SELECT pg_terminate_backend(pg_backend_pid())")
            }
            return (error, try await client.query(sql)[0]["pid"].int != old)
        }
        #expect(error == .disconnected)
        #expect(differs)
    }

    @Test func noticesThatAnIdleConnectionDied() async throws {
        let answered = try await withClient(poolSize: 2) { client, loop in
            _ = await eventually(on: loop) { client.statistics.idle == 2 }
            // The statement kills the other connection, not its own.
            let sql = """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = 'dying' AND pid <> pg_backend_pid()
                """
            try await client.query("SET application_name = 'dying'")
            try await client.transaction { transaction in
                try await client.query("SET application_name = 'dying'")
                try await transaction.query(sql)
            }
            _ = await eventually(on: loop) { client.statistics.idle == 2 }
            return try await client.query("SELECT 7 AS n")[0]["n"].int
        }
        #expect(answered == 7)
    }

    @Test func aTransactionDiesWithItsConnection() async throws {
        let (error, rows) = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TABLE halfway (n int)")
            let error = await failure {
                try await client.transaction { transaction in
                    try await transaction.query("INSERT INTO halfway VALUES (1)")
                    try await transaction.query("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            return (error, try await client.query("SELECT * FROM halfway").count)
        }
        #expect(error == .disconnected)
        #expect(rows == 0)
    }

    @Test func comesBackAfterARestartOfTheServer() async throws {
        let server = try await blocking { try PostgresServer() }
        defer { server.remove() }
        try await withClient(url: server.url) { client, loop in
            try await client.ping()
            try server.stop()
            var down: PostgresError?
            let noticed = Instant.current().advanced(byMilliseconds: 60_000)
            while down == nil, Instant.current() < noticed {
                down = await failure { try await client.ping() }
            }
            #expect(down?.isOutage == true)
            #expect(client.statistics.busy == 0)

            try server.start()
            var isBack = false
            let deadline = Instant.current().advanced(byMilliseconds: 60_000)
            while !isBack, Instant.current() < deadline {
                isBack = await failure { try await client.ping() } == nil
                if !isBack { await loop.sleep(milliseconds: 10) }
            }
            #expect(isBack)
        }
    }

    @Test func opensTheBreakerWhileNobodyListens() async throws {
        var settings = PostgresSettings()
        settings.acquireTimeout = 5
        let url = "postgres://x@127.0.0.1:1/x"
        let state = try await withClient(settings: settings, url: url) { client, loop in
            var reasons = 0
            client.onConnectionFailure = { _ in reasons += 1 }
            for _ in 0..<20 {
                let error = await failure { try await client.ping() }
                #expect(error == .unavailable)
            }
            // All those waits may be over before the first try to connect is.
            let hasTried = await eventually(on: loop) { reasons > 0 }
            #expect(hasTried)
            return client.breakerState
        }
        #expect(state != .closed(failures: 0))
    }

    @Test func tellsWhyItCannotConnectWithoutThePassword() async throws {
        let url = try await SharedServer.url().replacing("parley@", with: "nobody:hunter2@")
        let reason = try await withClient(url: url) { client, loop in
            var reason = ""
            client.onConnectionFailure = { reason = $0 }
            _ = await eventually(on: loop) { !reason.isEmpty }
            return reason
        }
        #expect(reason.contains("nobody"))
        #expect(!reason.contains("hunter2"))
    }

    @Test func resolvesNamesAndTriesEachHost() async throws {
        let url = try await SharedServer.url()
        let port = try #require(url.split(separator: ":").last?.split(separator: "/").first)
        let hosts = "no-such-host.invalid:1,127.0.0.1:1,localhost:\(port)"
        try await withClient(url: "postgres://parley@\(hosts)/postgres") { client, _ in
            try await client.ping()
        }
    }
}
