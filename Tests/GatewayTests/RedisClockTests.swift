import Engine
import Testing

@testable import ChatGateway

struct RedisClockTests {
    @Test func itRunsByTheMonotonicClockFromWhatWasHeardLast() {
        var clock = RedisClock(at: Instant(milliseconds: 1_000), wall: 50_000)
        #expect(clock.time(at: Instant(milliseconds: 1_500)) == 50_500)
        clock.heard(70_000, at: Instant(milliseconds: 2_000))
        #expect(clock.time(at: Instant(milliseconds: 2_000)) == 70_000)
        #expect(clock.time(at: Instant(milliseconds: 2_250)) == 70_250)
    }
}
