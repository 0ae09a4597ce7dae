import Bus
import Engine
import Hosting
import Redis
import Schema
import Support
import Testing

@testable import ChatGateway

/// When a message is given up, and what its sender is told then.
struct PatienceTests {
    @Test func aRedisThatStandsStillIsWaitedForFiveSeconds() async throws {
        try await onSender { bench in
            bench.limit(to: 10)
            _ = try await bench.send(#""content":"before""#)
            bench.server.freeze()
            let message = try bench.message(#""content":"lost""#)
            // Timers of a loop fire in the order of their times, however late.
            var past: [Int] = []
            for time in [4_900, 5_100] {
                bench.loop.schedule(afterMilliseconds: time) { past.append(time) }
            }
            var pastThen: [Int] = []
            let refused = await withCheckedContinuation { continuation in
                bench.sender.send(message, in: SendLane()) { outcome in
                    pastThen = past
                    continuation.resume(returning: SenderBench.words(outcome))
                }
            }
            bench.server.thaw()
            // The limit was asked; the room was not: it certainly has no place.
            #expect(refused == "bus_unavailable")
            #expect(pastThen == [4_900])
            let isBack = await eventually(on: bench.loop) { bench.redis.isConnected }
            #expect(isBack)
            let after = try await bench.send(#""content":"after""#)
            #expect(after == "accepted 2")
        }
    }

    /// One that had to wait for a join has that much less patience, whoever is on their way before it.
    @Test func whoHasWaitedForAJoinIsGivenUpBeforeOthers() async throws {
        try await onSender { bench in
            _ = try await bench.send(#""content":"before""#)
            bench.server.freeze()
            var told: [String] = []
            for (name, later) in [("other", 0), ("late", -4_000), ("later", -3_000)] {
                let message = try bench.message(#""content":"\#(name)""#, arrived: later)
                bench.sender.send(message, in: SendLane()) { _ in told.append(name) }
            }
            for time in [900, 1_200, 1_900, 2_200] {
                bench.loop.schedule(afterMilliseconds: time) { told.append("\(time)") }
            }
            let areTold = await eventually(on: bench.loop) { told.contains("other") }
            bench.server.thaw()
            #expect(areTold)
            #expect(told == ["900", "late", "1200", "1900", "later", "2200", "other"])
        }
    }

    /// Redis answers all that it is asked, and one before it keeps its lane; or it has also refused to answer something.
    @Test(arguments: [true, false]) func whoOnlyHadToWaitIsToldOfOverload(wasAway: Bool) async throws {
        try await onSender { bench in
            if wasAway {
                // Without as many replicas as it must have, Redis refuses to write: another message is tried again.
                _ = try await bench.call("CONFIG", "SET", "min-replicas-to-write", "1")
                let refused = await bench.send(try bench.message(#""content":"other""#, arrived: -4_000))
                #expect(refused == "bus_unavailable")
                let errors = try await bench.call("INFO", "errorstats").text ?? ""
                try #require(errors.contains("NOREPLICAS"))
            }
            let lane = SendLane()
            let slow = try bench.message(#""content":"slow""#)
            slow.begin(in: lane, at: bench.loop.now) { _ in }
            lane.enter(slow)
            let waiting = try bench.message(#""content":"waiting""#, arrived: -4_000)
            bench.sender.send(waiting, in: lane) { _ in }
            let pulse = bench.loop.scheduleRepeating(everyMilliseconds: 50) {
                bench.redis.call(["PING"]) { _ in }
            }
            let isSettled = await eventually(on: bench.loop) { waiting.isSettled }
            pulse.cancel()
            #expect(isSettled)
            // A lane whose messages are not told to the end would be left over.
            slow.settle(.refused(.timeout))
            for message in [slow, waiting] { _ = message.leave() }
            #expect(lane.isEmpty)
            guard case .refused(let code) = try #require(waiting.outcome) else {
                Issue.record("not refused: \(waiting.outcome as Any)")
                return
            }
            #expect(code == (wasAway ? .busUnavailable : .overloaded))
        }
    }

    @Test func oneThatWaitedTooLongInItsLaneIsNotTried() async throws {
        try await onSender { bench in
            let refused = await bench.send(try bench.message(#""content":"old""#, arrived: -5_000))
            #expect(refused == "bus_unavailable")
            let log = try await bench.call("EXISTS", Keys.recent(.general))
            #expect(log.int == 0)
        }
    }
}
