import Postgres
import Testing

struct PipelineTests {
    @Test func answersEachStatement() async throws {
        let numbers = try await withClient { client, _ in
            let statements: [PostgresStatement] = (1...300).map { ("SELECT $1::int AS n", [.int($0)]) }
            return try await client.pipeline(statements).map { try $0[0]["n"].int }
        }
        #expect(numbers == Array(1...300))
    }

    @Test func anErrorInTheMiddleUndoesEverything() async throws {
        let (error, rows, after) = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TEMP TABLE piped (n int PRIMARY KEY)")
            let error = await failure {
                try await client.pipeline([
                    ("INSERT INTO piped VALUES ($1)", [1]), ("INSERT INTO piped VALUES ($1)", [1]),
                    ("SELECT 'not reached'", []), ("INSERT INTO piped VALUES ($1)", [2]),
                ])
            }
            let rows = try await client.query("SELECT n FROM piped").count
            // What was aborted unprepared is prepared at its next use.
            return (error, rows, try await client.query("SELECT 'not reached' AS t")[0]["t"].text)
        }
        #expect(error?.isUniqueViolation == true)
        #expect(rows == 0)
        #expect(after == "not reached")
    }

    @Test func nothingAskedNothingAnswered() async throws {
        #expect(try await withClient { client, _ in try await client.pipeline([]).count } == 0)
    }

    @Test func aLongBatchDoesNotBlockOnBothBuffers() async throws {
        let total = try await withClient(poolSize: 1) { client, _ in
            let chunk = String(repeating: "x", count: 100_000)
            let statements: [PostgresStatement] = (0..<100).map { _ in
                ("SELECT $1::text AS t", [.text(chunk)])
            }
            return try await client.pipeline(statements).reduce(0) { $0 + (try $1[0]["t"].text.utf8.count) }
        }
        #expect(total == 10_000_000)
    }
}
