import Engine
import Postgres
import Support
import Testing

struct PoolTests {
    @Test func refusesMoreWaitersThanItsBound() async throws {
        var settings = PostgresSettings()
        settings.mostWaiters = 3
        let refused = try await withClient(poolSize: 1, settings: settings) { client, loop in
            try await client.ping()
            var results: [PostgresError?] = []
            for _ in 0..<10 {
                loop.spawn {
                    results.append(await failure { try await client.query("SELECT pg_sleep(0.02)") })
                }
            }
            _ = await eventually(on: loop) { results.count == 10 }
            return results.filter { $0 == .overloaded }.count
        }
        #expect(refused == 6)
    }

    @Test func aWaitForAConnectionIsBounded() async throws {
        var settings = PostgresSettings()
        settings.acquireTimeout = 20
        let error = try await withClient(poolSize: 1, settings: settings) { client, loop in
            _ = await eventually(on: loop) { client.statistics.idle == 1 }
            return try await client.transaction { _ in await failure { try await client.ping() } }
        }
        #expect(error == .overloaded)
    }

    @Test func closingWaitsForWorkUnderWay() async throws {
        let finished = try await withClient(poolSize: 1) { client, loop in
            try await client.ping()
            var finished = false
            loop.spawn { finished = await failure { try await client.query("SELECT pg_sleep(0.05)") } == nil }
            _ = await eventually(on: loop) { client.statistics.busy == 1 }
            await client.close()
            return finished
        }
        #expect(finished)
    }

    @Test func closingEndsWhatTakesTooLong() async throws {
        var settings = PostgresSettings()
        settings.closeTimeout = 20
        let error = try await withClient(poolSize: 1, settings: settings) { client, loop in
            try await client.ping()
            var error: PostgresError?
            loop.spawn { error = await failure { try await client.query("SELECT pg_sleep(30)") } }
            _ = await eventually(on: loop) { client.statistics.busy == 1 }
            await client.close()
            _ = await eventually(on: loop) { error != nil }
            return error
        }
        #expect(error == .closed)
    }
}
