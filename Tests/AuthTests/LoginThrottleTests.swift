import Testing
import Web

@testable import ChatAuth

@Suite struct LoginThrottleTests {
    private let key = LoginThrottle.Key(user: "alice", address: AddressKey("192.0.2.1"))

    /// Fails so often, each try at the first moment that it may be made; returns the waits that were asked for.
    private func waits(failures: Int) -> [Int] {
        var throttle = LoginThrottle()
        var now: Int64 = 1_000
        var waits: [Int] = []
        for _ in 0..<failures {
            if let wait = throttle.begin(key, now: now) {
                waits.append(wait)
                now += Int64(wait)
                _ = throttle.begin(key, now: now)
            }
            throttle.failed(key, now: now)
        }
        return waits
    }

    @Test func theFirstFewWrongOnesCostNothing() {
        #expect(waits(failures: 5) == [])
    }

    @Test func thenEachWaitIsTwiceTheOneBefore() {
        #expect(waits(failures: 15) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
    }

    @Test func aRightPasswordClearsTheAccount() {
        var throttle = LoginThrottle()
        for _ in 0..<4 {
            _ = throttle.begin(key, now: 0)
            throttle.failed(key, now: 0)
        }
        _ = throttle.begin(key, now: 0)
        throttle.succeeded(key, now: 0)
        #expect(throttle.count == 0)
    }

    @Test func anotherAddressIsNotLockedOut() {
        var throttle = LoginThrottle()
        for _ in 0..<5 {
            _ = throttle.begin(key, now: 0)
            throttle.failed(key, now: 0)
        }
        #expect(throttle.begin(key, now: 0) == 1)
        #expect(throttle.begin(.init(user: "alice", address: AddressKey("192.0.2.2")), now: 0) == nil)
    }

    @Test func aNetworkHasOneAddress() {
        var throttle = LoginThrottle()
        for number in 1...5 {
            let key = LoginThrottle.Key(user: "alice", address: AddressKey("2001:db8::\(number)"))
            _ = throttle.begin(key, now: 0)
            throttle.failed(key, now: 0)
        }
        #expect(throttle.begin(.init(user: "alice", address: AddressKey("2001:db8::6")), now: 0) == 1)
    }

    @Test func aBurstDoesNotPassBeforeTheFirstHasFailed() {
        var throttle = LoginThrottle()
        let passed = (0..<20).count { _ in throttle.begin(key, now: 0) == nil }
        #expect(passed == LoginThrottle.mostAtOnce)
        throttle.abandoned(key, now: 0)
        #expect(throttle.begin(key, now: 0) == nil)
    }

    @Test func failuresAreForgottenAfterAQuarterOfAnHour() {
        var throttle = LoginThrottle()
        for _ in 0..<6 {
            _ = throttle.begin(key, now: 0)
            throttle.failed(key, now: 0)
        }
        #expect(throttle.begin(key, now: 901) == nil)
        throttle.failed(key, now: 901)
        #expect(throttle.begin(key, now: 901) == nil)
    }

    @Test func theTableIsBounded() {
        var throttle = LoginThrottle(capacity: 100)
        for number in 0..<1_000 {
            let key = LoginThrottle.Key(user: "user\(number)", address: AddressKey("192.0.2.1"))
            _ = throttle.begin(key, now: Int64(number) / 10)
            throttle.failed(key, now: Int64(number) / 10)
        }
        #expect(throttle.count <= 100)
    }
}
