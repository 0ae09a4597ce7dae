import Engine
import Support
import Testing

@testable import Postgres

struct MigratorTests {
    private static func steps(_ schema: String) -> [Migration] {
        [
            Migration(
                1, "things",
                ["CREATE TABLE \(schema).things (n int)", "INSERT INTO \(schema).things VALUES (1)"]),
            Migration(2, "more", ["INSERT INTO \(schema).things VALUES (2)", "SELECT pg_sleep(0.02)"]),
        ]
    }

    @Test func appliesEachOnceThoughTwoTry() async throws {
        let (applied, rows) = try await withClient { client, loop in
            var applied: [[Int]] = []
            for _ in 0..<2 {
                loop.spawn {
                    applied.append((try? await client.migrate(Self.steps("twice"), schema: "twice")) ?? [-1])
                }
            }
            _ = await eventually(on: loop) { applied.count == 2 }
            return (applied, try await client.query("SELECT * FROM twice.things").count)
        }
        #expect(applied.flatMap { $0 }.sorted() == [1, 2])
        #expect(rows == 2)
    }

    @Test func tellsWhatItDoes() async throws {
        let told = try await withClient { client, _ in
            var told: [String] = []
            try await client.migrate(Self.steps("told"), schema: "told") { told.append("\($0)") }
            return told
        }
        let words = "bringing the schema up to date"
        let steps = [", step 1 of 2: things", ", step 2 of 2: more"].map { words + $0 }
        #expect(told == [words, steps[0], words, steps[1], words])
    }

    @Test func aStepThatFailsLeavesNothing() async throws {
        let rows = try await withClient { client, _ in
            let broken = Migration(3, "broken", ["INSERT INTO broken.things VALUES (3)", "SELECT nothing"])
            let error = await failure {
                try await client.migrate(Self.steps("broken") + [broken], schema: "broken")
            }
            #expect(error?.sqlState == "42703")
            return try await client.query(
                "SELECT (SELECT count(*) FROM broken.things) AS things, max(number) AS last FROM broken.migrations"
            )
            .map { [try $0["things"].int, try $0["last"].int] }
        }
        #expect(rows == [[2, 2]])
    }

    @Test func refusesAnEditedStep() async throws {
        let error = try await withClient { client, _ in
            try await client.migrate(Self.steps("edited"), schema: "edited")
            let edited = [Migration(1, "things", ["CREATE TABLE edited.others (n int)"])]
            return await failure { try await client.migrate(edited, schema: "edited") }
        }
        #expect(error == .migration(number: 1))
    }
}
