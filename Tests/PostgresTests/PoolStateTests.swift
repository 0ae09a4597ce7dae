import Testing

@testable import Postgres

struct PoolStateTests {
    /// A pool with all of its connections open and idle.
    private func open(size: Int, mostWaiters: Int = 10) -> PoolState {
        var pool = PoolState(size: size, mostWaiters: mostWaiters)
        while true {
            let openings = pool.openings()
            guard !openings.isEmpty else { return pool }
            for number in openings { #expect(pool.opened(number) == nil) }
        }
    }

    @Test func sendsAScoutFirstAndThenTheOthers() {
        var pool = PoolState(size: 3, mostWaiters: 1)
        #expect(pool.openings() == [0])
        #expect(pool.openings() == [])
        #expect(pool.opened(0) == nil)
        #expect(pool.openings() == [1, 2])
        #expect(pool.openings() == [])
    }

    @Test func sendsOneScoutAfterAFailure() {
        var pool = PoolState(size: 3, mostWaiters: 1)
        for attempt in 0..<3 {
            #expect(pool.openings() == [attempt])
            pool.failedToOpen(attempt)
            #expect(pool.failures == attempt + 1)
        }
    }

    @Test func lendsTheOneUsedLast() {
        var pool = open(size: 3)
        #expect(pool.acquire() == .lease(2))
        #expect(pool.acquire() == .lease(1))
        #expect(pool.released(2) == nil)
        #expect(pool.acquire() == .lease(2))
    }

    @Test func servesWaitersInTheirOrder() {
        var pool = open(size: 1)
        #expect(pool.acquire() == .lease(0))
        #expect(pool.acquire() == .wait(1))
        #expect(pool.acquire() == .wait(2))
        #expect(pool.acquire() == .wait(3))
        #expect(pool.abandoned(2) == true)
        #expect(pool.abandoned(2) == false)
        #expect(pool.released(0) == 1)
        #expect(pool.released(0) == 3)
        #expect(pool.released(0) == nil)
        #expect(pool.idleCount == 1)
    }

    @Test func aNewConnectionServesAWaiter() {
        var pool = PoolState(size: 1, mostWaiters: 5)
        #expect(pool.openings() == [0])
        #expect(pool.acquire() == .wait(1))
        #expect(pool.opened(0) == 1)
        #expect(pool.busyCount == 1)
    }

    @Test func refusesBeyondTheBound() {
        var pool = PoolState(size: 1, mostWaiters: 2)
        #expect(pool.acquire() == .wait(1))
        #expect(pool.acquire() == .wait(2))
        #expect(pool.acquire() == .refuse)
    }

    @Test func replacesTheLostUnderNewNumbers() {
        var pool = open(size: 2)
        #expect(pool.acquire() == .lease(1))
        pool.lost(1)
        #expect(pool.released(1) == nil)
        #expect(pool.openings() == [2])
        pool.lost(0)
        #expect(!pool.isAlive)
    }

    @Test func drainingSendsEverybodyHome() {
        var pool = open(size: 2)
        #expect(pool.acquire() == .lease(1))
        let (waiters, connections) = pool.drain()
        #expect(waiters == [])
        #expect(connections == [0])
        #expect(pool.acquire() == .refuse)
        #expect(pool.openings() == [])
    }
}
