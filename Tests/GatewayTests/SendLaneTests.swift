import Engine
import Redis
import Schema
import Support
import Testing

@testable import ChatGateway

/// Messages of one connection to one room are on their way together, and get their places in its order.
struct SendLaneTests {
    private func texts(_ bench: SenderBench) async throws -> [String] {
        let entries = try await bench.call("XRANGE", Keys.recent(.general), "-", "+")
        return (entries.array ?? []).compactMap { entry in
            let envelope = entry[1]["e"].bytes.flatMap { try? JSONValue(parsing: $0) }
            return envelope?["data"]?["content"]?.text
        }
    }

    private func calls(of function: String, _ bench: SenderBench) async throws -> Int64 {
        let statistics = try await bench.call("INFO", "commandstats")
        let line = statistics.text?.split(separator: "\r\n").first {
            $0.hasPrefix("cmdstat_\(function):calls=")
        }
        return line?.split(separator: "=")[1].split(separator: ",").first.flatMap { Int64($0) } ?? 0
    }

    /// A lane that is kept takes out who is gone, and the others stay as they were.
    @Test func thoseThatAreGoneAreTakenOut() async throws {
        try await onSender { bench in
            let lane = SendLane()
            let messages = try (0..<130).map { try bench.message(#""content":"\#($0)""#) }
            for message in messages {
                lane.enter(message)
                message.begin(in: lane, at: message.arrived) { _ in }
            }
            for (number, message) in messages.enumerated() {
                #expect(lane.head === message)
                message.settle(.refused(.timeout))
                #expect(message.leave() != nil, "\(number)")
            }
            #expect(lane.isEmpty)
        }
    }

    private static let names = (1...40).map { "m\($0)" }

    @Test func manyCostFewCallsAndKeepTheirOrder() async throws {
        let names = (1...100).map { "m\($0)" }
        try await onSender { bench in
            // The library has been loaded then.
            _ = try await bench.send(#""content":"m0""#)
            _ = try await bench.call("CONFIG", "RESETSTAT")
            let outcomes = try await bench.sendTogether(
                names.map { #""content":"\#($0)""# }, in: SendLane())
            #expect(outcomes == (2...101).map { "accepted \($0)" })
            let stored = try await texts(bench)
            #expect(stored == ["m0"] + names)
            let count = try await calls(of: "fcall", bench)
            #expect(count == 2)
        }
    }

    /// Redis stands still while they come, each in a turn of its own, with a limit and without.
    @Test(arguments: [(0, 2), (1_000, 4)] as [(Int, Int64)])
    func whatComesWhileACallIsUnderWayGoesTogether(limit: Int, expected: Int64) async throws {
        try await onSender { bench in
            bench.limit(to: limit)
            _ = try await bench.send(#""content":"m0""#)
            _ = try await bench.call("CONFIG", "RESETSTAT")
            bench.server.freeze()
            var settled = 0
            for name in Self.names {
                let turn = bench.loop.now
                bench.sender.send(try bench.message(#""content":"\#(name)""#), in: SendLane()) { _ in
                    settled += 1
                }
                _ = await eventually(on: bench.loop) { bench.loop.now > turn }
            }
            bench.server.thaw()
            let areSettled = await eventually(on: bench.loop) { settled == Self.names.count }
            #expect(areSettled)
            let count = try await calls(of: "fcall", bench)
            #expect(count == expected)
            let stored = try await texts(bench)
            #expect(stored == ["m0"] + Self.names)
        }
    }

    /// The next message of a connection that has had its answer needs no call of its own.
    @Test func whatTheAnswersLetGoGoesWithTheRest() async throws {
        try await onSender { bench in
            _ = try await bench.send(#""content":"m0""#)
            _ = try await bench.call("CONFIG", "RESETSTAT")
            bench.server.freeze()
            var settled = 0
            let lane = SendLane()
            for (name, lane) in [("m1", lane), ("m2", lane), ("m3", SendLane())] {
                let turn = bench.loop.now
                bench.sender.send(try bench.message(#""content":"\#(name)""#), in: lane) { _ in settled += 1 }
                _ = await eventually(on: bench.loop) { bench.loop.now > turn }
            }
            bench.server.thaw()
            let areSettled = await eventually(on: bench.loop) { settled == 3 }
            #expect(areSettled)
            let count = try await calls(of: "fcall", bench)
            #expect(count == 2)
        }
    }

    /// Whoever else waits for Redis waits for no more than so many bytes.
    @Test func manyLargeOnesOfManyCostMoreCalls() async throws {
        try await onSender { bench in
            _ = try await bench.send(#""content":"first""#)
            _ = try await bench.call("CONFIG", "RESETSTAT")
            let large = String(repeating: "x", count: 4_000)
            let outcomes = try await bench.sendTogether((1...31).map { _ in #""content":"\#(large)""# })
            #expect(Set(outcomes).count == 31)
            let count = try await calls(of: "fcall", bench)
            #expect(count == 2)
        }
    }

    @Test func oneKeyTwiceTogetherIsOneMessage() async throws {
        try await onSender { bench in
            let outcomes = try await bench.sendTogether(
                [
                    #""content":"a","client_msg_id":"k""#, #""content":"a","client_msg_id":"k""#,
                    #""content":"b","client_msg_id":"k""#, #""content":"c""#,
                ], in: SendLane())
            #expect(outcomes == ["accepted 1", "duplicate 1", "idempotency_conflict", "accepted 2"])
        }
    }

    /// The first has an id of a wrong time: it is refused for that, and those behind it come after it all the same.
    @Test func whatIsTriedAgainComesBeforeWhatFollows() async throws {
        try await onSender { bench in
            let messages = try Self.names.map { try bench.message(#""content":"\#($0)""#) }
            _ = messages[0].identify(at: WallClock.milliseconds() - 60_000)
            let outcomes = await bench.sendTogether(messages, in: SendLane())
            #expect(outcomes == (1...40).map { "accepted \($0)" })
            let stored = try await texts(bench)
            #expect(stored == Self.names)
        }
    }

    @Test func aStandstillKeepsTheOrder() async throws {
        try await onSender { bench in
            bench.limit(to: 1_000)
            bench.server.freeze()
            // Until its connection is given up.
            bench.redis.call(["PING"], timeoutMilliseconds: 500) { _ in bench.server.thaw() }
            let outcomes = try await bench.sendTogether(
                Self.names.map { #""content":"\#($0)""# }, in: SendLane())
            #expect(outcomes == (1...40).map { "accepted \($0)" })
            let stored = try await texts(bench)
            #expect(stored == Self.names)
        }
    }

    /// Answers from the archive come when they come: senders hear of one message after the other.
    @Test func sendersHearInTheOrderOfTheirFrames() async throws {
        try await onSender { bench in
            bench.archived = Array("{}".utf8)
            var told: [Int] = []
            let lane = SendLane()
            for number in 0..<20 {
                // The even ones are asked about first.
                let retry = number.isMultiple(of: 2) ? #","retry":true"# : ""
                let message = try bench.message(#""content":"m","client_msg_id":"k-\#(number)"\#(retry)"#)
                bench.sender.send(message, in: lane) { _ in told.append(number) }
            }
            let areTold = await eventually(on: bench.loop) { told.count == 20 }
            #expect(areTold)
            #expect(told == Array(0..<20))
        }
    }

    /// What a duplicate had taken of the limit is there for the message behind it.
    @Test func aDuplicateTakesNoUnitFromThoseBehindIt() async throws {
        try await onSender { bench in
            bench.limit(to: 2)
            let first = #""content":"a","client_msg_id":"k""#
            let before = try await bench.send(first)
            #expect(before == "accepted 1")
            let outcomes = try await bench.sendTogether(
                [first, first, #""content":"b""#, #""content":"c""#], in: SendLane())
            #expect(outcomes == ["duplicate 1", "duplicate 1", "accepted 2", "limited"])
        }
    }

    @Test func aHigherLimitHoldsForThoseWhoWereRefused() async throws {
        try await onSender { bench in
            bench.limit(to: 1)
            var outcomes = [try await bench.send(#""content":"a""#), try await bench.send(#""content":"b""#)]
            #expect(outcomes == ["accepted 1", "limited"])
            bench.limit(to: 2)
            outcomes = [try await bench.send(#""content":"c""#), try await bench.send(#""content":"d""#)]
            #expect(outcomes == ["accepted 2", "limited"])
        }
    }

    @Test func manyOverTheLimitAreRefusedInOrder() async throws {
        try await onSender { bench in
            bench.limit(to: 1)
            // How long so many take is the machine's.
            let messages = try (1...2_000).map {
                try bench.message(#""content":"\#($0)""#, arrived: 60_000)
            }
            let outcomes = await bench.sendTogether(messages, in: SendLane())
            #expect(outcomes[0] == "accepted 1")
            #expect(outcomes.dropFirst().allSatisfy { $0 == "limited" })
        }
    }
}
