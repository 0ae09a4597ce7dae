import Engine
import Postgres
import Testing

private struct Unhappy: Error {}

struct TransactionTests {
    @Test func commitsWhatTheBodyDid() async throws {
        let rows = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TEMP TABLE kept (n int)")
            let answer = try await client.transaction { transaction in
                try await transaction.query("INSERT INTO kept VALUES (1)")
                return try await transaction.pipeline([
                    ("INSERT INTO kept VALUES (2)", []), ("SELECT 42 AS n", []),
                ])
            }
            #expect(try answer[1][0]["n"].int == 42)
            return try await client.query("SELECT * FROM kept").count
        }
        #expect(rows == 2)
    }

    @Test func commitsWithItsLastStatements() async throws {
        let (rows, error) = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TEMP TABLE last (n int)")
            var error: PostgresError?
            let answer = try await client.transaction { transaction in
                try await transaction.query("INSERT INTO last VALUES (1)")
                let answer = try await transaction.commit(after: [
                    ("INSERT INTO last VALUES (2)", []), ("SELECT count(*) AS n FROM last", []),
                ])
                error = await failure { try await transaction.query("INSERT INTO last VALUES (3)") }
                return answer
            }
            #expect(answer.count == 2)
            #expect(try answer[1][0]["n"].int == 2)
            return (try await client.query("SELECT * FROM last").count, error)
        }
        #expect(rows == 2)
        #expect(error == .closed)
    }

    @Test func aFailureAmongItsLastStatementsUndoesAll() async throws {
        let (rows, states) = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TEMP TABLE torn (n int)")
            var states: [String?] = []
            for isFirst in [true, false] {
                let error = await failure {
                    try await client.transaction { transaction in
                        if !isFirst { try await transaction.query("INSERT INTO torn VALUES (1)") }
                        try await transaction.commit(after: [
                            ("INSERT INTO torn VALUES (2)", []), ("SELECT 1 / 0", []),
                        ])
                    }
                }
                states.append(error?.sqlState)
            }
            let error = await failure {
                try await client.transaction { transaction in
                    _ = await failure { try await transaction.query("SELECT nothing") }
                    try await transaction.commit(after: [("INSERT INTO torn VALUES (3)", [])])
                }
            }
            #expect(error == .rolledBack)
            return (try await client.query("SELECT * FROM torn").count, states)
        }
        #expect(rows == 0)
        #expect(states == ["22012", "22012"])
    }

    @Test func itsFirstStatementsAreOneWithTheOthers() async throws {
        let rows = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TEMP TABLE begun (n int)")
            _ = await failure {
                try await client.transaction { transaction in
                    // What cannot be sent begins nothing.
                    _ = await failure { try await transaction.query("SELECT $1", [.text("\0")]) }
                    try await transaction.query("INSERT INTO begun VALUES (1)")
                    try await transaction.query("SELECT nothing")
                }
            }
            return try await client.query("SELECT * FROM begun").count
        }
        #expect(rows == 0)
    }

    @Test func rollsBackOnAnyThrow() async throws {
        let rows = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TEMP TABLE undone (n int)")
            do {
                try await client.transaction { transaction in
                    try await transaction.query("INSERT INTO undone VALUES (1)")
                    throw Unhappy()
                }
                Issue.record("the throw went lost")
            } catch is Unhappy {}
            return try await client.query("SELECT * FROM undone").count
        }
        #expect(rows == 0)
    }

    @Test func aSwallowedErrorIsNotACommit() async throws {
        let error = try await withClient(poolSize: 1) { client, _ in
            await failure {
                try await client.transaction { transaction in
                    _ = await failure { try await transaction.query("SELECT nothing") }
                }
            }
        }
        #expect(error == .rolledBack)
    }

    @Test func isOfNoUseAfterItsEnd() async throws {
        let error = try await withClient { client, _ in
            var escaped: PostgresTransaction?
            try await client.transaction { escaped = $0 }
            return await failure { try await escaped?.query("SELECT 1") }
        }
        #expect(error == .closed)
    }

    @Test func manyShareAPoolOfTwo() async throws {
        let total = try await withClient(poolSize: 2) { client, loop in
            try await client.query("CREATE TABLE counters (id int PRIMARY KEY, n int)")
            try await client.query("INSERT INTO counters VALUES (1, 0)")
            var finished = 0
            await withCheckedContinuation { continuation in
                for _ in 0..<50 {
                    loop.spawn {
                        try? await client.transaction { transaction in
                            let sql = "SELECT n FROM counters WHERE id = 1 FOR UPDATE"
                            let old = try await transaction.query(sql)[0]["n"].int
                            try await transaction.query(
                                "UPDATE counters SET n = $1 WHERE id = 1", [.int(old + 1)])
                        }
                        finished += 1
                        if finished == 50 { continuation.resume() }
                    }
                }
            }
            return try await client.query("SELECT n FROM counters")[0]["n"].int
        }
        #expect(total == 50)
    }
}
