import Postgres
import Testing

struct CircuitBreakerTests {
    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker(threshold: 2, cooldownMilliseconds: 100, longestMilliseconds: 300)
        breaker.failed(now: 0)
        breaker.failed(now: 0)
        return breaker
    }

    @Test func opensAfterFailuresInARow() {
        var breaker = CircuitBreaker(threshold: 2, cooldownMilliseconds: 100)
        breaker.failed(now: 0)
        breaker.succeeded()
        breaker.failed(now: 0)
        #expect(breaker.admits(now: 0) == true)
        breaker.failed(now: 10)
        #expect(breaker.state == .open(until: 110))
        #expect(breaker.admits(now: 109) == false)
    }

    @Test func letsOneProbeThrough() {
        var breaker = opened()
        #expect(breaker.admits(now: 100) == true)
        #expect(breaker.admits(now: 101) == false)
        breaker.succeeded()
        #expect(breaker.state == .closed(failures: 0))
    }

    @Test func waitsLongerEachTimeTheProbeFails() {
        var breaker = opened()
        for (now, until) in [(100, 300), (300, 600), (600, 900)] as [(Int64, Int64)] {
            #expect(breaker.admits(now: now) == true)
            breaker.failed(now: now)
            #expect(breaker.state == .open(until: until))
        }
    }

    @Test func ignoresStragglersWhileOpen() {
        var breaker = opened()
        breaker.succeeded()
        breaker.failed(now: 50)
        #expect(breaker.state == .open(until: 100))
    }

    @Test func aProbeThatMetNothingIsReplacedAtOnce() {
        var breaker = opened()
        #expect(breaker.admits(now: 100) == true)
        breaker.gaveUp(now: 101)
        #expect(breaker.admits(now: 101) == true)
    }

    @Test func aLostProbeIsForgotten() {
        var breaker = opened()
        #expect(breaker.admits(now: 100) == true)
        #expect(breaker.admits(now: 399) == false)
        #expect(breaker.admits(now: 400) == true)
    }

    @Test func aSignOfLifeAllowsAProbeNow() {
        var breaker = opened()
        breaker.heardLife(now: 5)
        #expect(breaker.admits(now: 5) == true)
        #expect(breaker.admits(now: 5) == false)
    }
}
