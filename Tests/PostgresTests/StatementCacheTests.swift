import Testing

@testable import Postgres

struct StatementCacheTests {
    @Test func preparesOnceAndThenUses() {
        var cache = StatementCache(limit: 2)
        #expect(cache.plan(for: "a") == .prepareAs("s1"))
        #expect(cache.plan(for: "a") == .use("s1"))
        #expect(cache.plan(for: "b") == .prepareAs("s2"))
        #expect(cache.plan(for: "c") == .unnamed)
        #expect(cache.plan(for: "a") == .use("s1"))
    }

    @Test func neverGivesANameTwice() {
        var cache = StatementCache(limit: 1)
        #expect(cache.plan(for: "a") == .prepareAs("s1"))
        cache.forget("a")
        #expect(cache.plan(for: "a") == .prepareAs("s2"))
    }
}
