import Engine
import Postgres
import Testing

struct ClientTests {
    @Test func answersTwoThousandSelectsInOrder() async throws {
        let sum = try await withClient { client, _ in
            var sum: Int64 = 0
            for number in 0..<2_000 {
                sum += try await client.query("SELECT $1::bigint AS n", [.int(Int64(number))])[0]["n"].int
            }
            return sum
        }
        #expect(sum == 1_999_000)
    }

    @Test func keepsItsConnections() async throws {
        let backends = try await withClient(poolSize: 1) { client, _ in
            var backends: Set<Int64> = []
            for _ in 0..<5 {
                backends.insert(try await client.query("SELECT pg_backend_pid() AS pid")[0]["pid"].int)
                _ = try await client.transaction { try await $0.query("SELECT 1") }
                _ = await failure { try await client.query("SELECT nothing") }
                _ = await failure {
                    _ = try await client.transaction { try await $0.query("SELECT nothing") }
                }
            }
            return backends
        }
        #expect(backends.count == 1)
    }

    @Test func preparesAStatementOncePerConnection() async throws {
        let prepared = try await withClient(poolSize: 1) { client, _ in
            for number in 0..<3 { try await client.query("SELECT $1::int + 1", [.int(Int64(number))]) }
            let sql = "SELECT count(*) AS n FROM pg_prepared_statements WHERE statement LIKE '%int + 1'"
            return try await client.query(sql)[0]["n"].int
        }
        #expect(prepared == 1)
    }

    @Test func runsUnpreparedBeyondTheBound() async throws {
        var settings = PostgresSettings()
        settings.mostPreparedStatements = 2
        let prepared = try await withClient(poolSize: 1, settings: settings) { client, _ in
            for number in 0..<5 { try await client.query("SELECT \(number)") }
            return try await client.query("SELECT count(*) AS n FROM pg_prepared_statements")[0]["n"].int
        }
        #expect(prepared == 2)
    }

    @Test func survivesAChangeOfTheTableUnderAPreparedStatement() async throws {
        let columns = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TABLE changing (a int)")
            try await client.query("SELECT * FROM changing")
            try await client.query("ALTER TABLE changing ADD b int")
            return try await client.query("SELECT * FROM changing").columnNames
        }
        #expect(columns == ["a", "b"])
    }

    @Test func tellsHowManyRowsWereTouched() async throws {
        let touched = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TEMP TABLE touched (n int)")
            return try await client.query("INSERT INTO touched SELECT generate_series(1, 7)").affected
        }
        #expect(touched == 7)
    }

    @Test func mapsAUniqueViolationWithoutItsValues() async throws {
        let error = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TEMP TABLE owners (name text CONSTRAINT owners_name UNIQUE)")
            try await client.query("INSERT INTO owners VALUES ($1)", ["secretvalue"])
            return await failure { try await client.query("INSERT INTO owners VALUES ($1)", ["secretvalue"]) }
        }
        #expect(error?.isUniqueViolation == true)
        #expect(error?.constraint == "owners_name")
        #expect(error.map { "\($0)".contains("secretvalue") } == false)
    }

    @Test(arguments: ["::uuid", "::int", "::timestamptz", "::json", "::bytea"])
    func aValueThatDoesNotParseStaysOutOfTheError(cast: String) async throws {
        let error = try await withClient(poolSize: 1) { client, _ in
            await failure { try await client.query("SELECT $1\(cast)", ["secret\\value"]) }
        }
        #expect(error?.sqlState?.hasPrefix("22") == true)
        #expect(error.map { "\($0) \(String(reflecting: $0))".contains("secret") } == false)
    }

    @Test func refusesATextWithANUL() async throws {
        let error = try await withClient { client, _ in
            await failure { try await client.query("SELECT $1::text, $2::text", ["a", "b\u{0}c"]) }
        }
        #expect(error == .parameter(number: 2))
    }

    @Test func refusesACopyAndGoesOn() async throws {
        let (error, one) = try await withClient(poolSize: 1) { client, _ in
            let error = await failure { try await client.query("COPY (SELECT 1) TO STDOUT") }
            return (error, try await client.query("SELECT 1 AS one")[0]["one"].int)
        }
        #expect(error == .protocolViolation || error?.sqlState != nil)
        #expect(one == 1)
    }

    @Test func setsTheBoundsOfASession() async throws {
        let bounds = try await withClient { client, _ in
            let sql = """
                SELECT current_setting('statement_timeout') AS s, current_setting('lock_timeout') AS l,
                    current_setting('idle_in_transaction_session_timeout') AS i,
                    current_setting('application_name') AS n
                """
            let row = try await client.query(sql)[0]
            return [try row["s"].text, try row["l"].text, try row["i"].text, try row["n"].text]
        }
        #expect(bounds == ["10s", "5s", "5s", "tests"])
    }

    @Test func theServerCancelsWhatTakesTooLong() async throws {
        var settings = PostgresSettings()
        settings.statementTimeout = 50
        let error = try await withClient(settings: settings) { client, _ in
            await failure { try await client.query("SELECT pg_sleep(30)") }
        }
        #expect(error?.sqlState == "57014")
    }

    @Test func theClientGivesUpOnASilentServer() async throws {
        var settings = PostgresSettings()
        settings.replyTimeout = 50
        let (error, isBack) = try await withClient(poolSize: 1, settings: settings) { client, loop in
            let error = await failure { try await client.query("SELECT pg_sleep(30)") }
            // A good answer may take longer than such a bound where there is much else to do.
            let deadline = Instant.current().advanced(byMilliseconds: 60_000)
            var isBack = false
            while !isBack, Instant.current() < deadline {
                isBack = await failure { try await client.ping() } == nil
                // The pool tells nobody that it has connected again: it is asked until the deadline, and not without a pause.
                if !isBack { await loop.sleep(milliseconds: 5) }
            }
            return (error, isBack)
        }
        #expect(error == .timeout)
        #expect(isBack)
    }

    @Test func sendsAndReceivesLargeValues() async throws {
        let text = String(repeating: "large ", count: 1_000_000)
        let length = try await withClient { client, _ in
            try await client.query("SELECT $1::text AS t", [.text(text)])[0]["t"].text.utf8.count
        }
        #expect(length == text.utf8.count)
    }

    @Test func refusesWorkAfterItsEnd() async throws {
        let error = try await withClient { client, _ in
            await client.close()
            return await failure { try await client.ping() }
        }
        #expect(error == .closed)
    }
}
