import Engine
import Support
import Testing

@testable import Redis

@Suite struct ClockOffsetTests {
    @Test func measuresAnewOnceInAWhile() {
        var offset = ClockOffset(milliseconds: 0, at: at(0))
        let due = (1...90).filter { offset.isDue(at: at(Int64($0) * 1_000)) }
        #expect(due == [30, 60, 90])
    }

    @Test(arguments: [-10_000, 3_600_000, 21] as [Int64])
    func measuresAtOnceWhenTheClockWasSet(by difference: Int64) {
        var offset = ClockOffset(milliseconds: 0, at: at(0))
        let due = [at(1_000), at(2_000, set: difference), at(3_000, set: difference)].map {
            offset.isDue(at: $0)
        }
        #expect(due == [false, true, false])
    }

    @Test func takesTheMiddleOfTheWay() {
        var offset = ClockOffset(milliseconds: 0, at: at(0))
        offset.heard(5_050, asked: at(0), answered: at(100))
        #expect(offset.milliseconds == 5_000)
    }

    @Test func staysWithWhatMayBeTrue() {
        var offset = ClockOffset(milliseconds: 5_000, at: at(0))
        // Asked at 0, answered at 400: the server's 5,390 was our 390, if anything.
        offset.heard(5_390, asked: at(0), answered: at(400))
        #expect(offset.milliseconds == 5_000)
        offset.heard(5_410, asked: at(0), answered: at(400))
        #expect(offset.milliseconds == 5_210)
    }

    @Test func doesNotBelieveWhatWasMeasuredWhileTheClockWasSet() {
        var offset = ClockOffset(milliseconds: 7, at: at(0))
        offset.heard(5_000, asked: at(0), answered: at(2, set: 10_000))
        #expect(offset.milliseconds == 7)
    }

    @Test func aClientFollowsAClockThatIsSetWhileItIsConnected() async throws {
        try await onLoop { loop in
            let server = try RedisServer()
            var ahead: Int64 = 0
            let client = try RedisClient(
                loop: loop, address: RedisAddress(url: server.url), name: "set",
                wall: { WallClock.milliseconds() &+ ahead })
            defer { client.close() }
            client.start()
            try #require(await eventually(on: loop) { client.isConnected })
            #expect(client.clockOffset.magnitude < 5_000)
            ahead = -3_600_000
            #expect(await eventually(on: loop) { client.clockOffset > 3_595_000 })
            ahead = 3_600_000
            #expect(await eventually(on: loop) { client.clockOffset < -3_595_000 })
        }
    }

    private func at(_ milliseconds: Int64, set: Int64 = 0) -> ClockOffset.Reading {
        .init(wall: milliseconds &+ set, monotonic: Instant(milliseconds: milliseconds))
    }
}
