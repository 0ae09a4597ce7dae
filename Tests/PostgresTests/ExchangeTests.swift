import Testing

@testable import Postgres

struct ExchangeTests {
    private let refusal = ServerFailure(sqlState: "23505")
    private let stale = ServerFailure(sqlState: "26000")

    @Test func gathersTheResultsOfAllStatements() throws {
        var exchange = Exchange(steps: [.prepare(sql: "a"), .execute(sql: "a"), .execute(sql: "b")])
        #expect(exchange.received(.done(affected: 0)) == .wait)
        #expect(exchange.received(.done(affected: 3)) == .wait)
        #expect(exchange.received(.done(affected: 4)) == .wait)
        #expect(exchange.received(.sync) == .finish)
        #expect(try exchange.outcome.get().map(\.affected) == [3, 4])
    }

    @Test func keepsTheFirstFailureAndForgetsWhatWasNotPrepared() {
        var exchange = Exchange(steps: [.execute(sql: "a"), .prepare(sql: "b"), .execute(sql: "b")])
        #expect(exchange.received(.failed(refusal)) == .wait)
        #expect(exchange.received(.aborted) == .forget(sql: "b"))
        #expect(exchange.received(.aborted) == .wait)
        #expect(exchange.received(.sync) == .finish)
        #expect(throws: PostgresError.server(refusal)) { try exchange.outcome.get() }
    }

    @Test func forgetsAStalePlan() {
        var exchange = Exchange(steps: [.execute(sql: "a")])
        #expect(exchange.received(.failed(stale)) == .forget(sql: "a"))
    }

    @Test func breaksOffWhenRepliesDoNotMatch() {
        var early = Exchange(steps: [.execute(sql: "a")])
        #expect(early.received(.sync) == .breakOff)
        var surplus = Exchange(steps: [])
        #expect(surplus.received(.done(affected: 0)) == .breakOff)
        var causeless = Exchange(steps: [.execute(sql: "a")])
        #expect(causeless.received(.aborted) == .breakOff)
    }
}
