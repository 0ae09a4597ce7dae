import MembershipFunctions
import Redis
import Schema
import Support
import Testing

@testable import RoomFunctions

/// What a room keeps ready for its next message holds until somebody changes a part of it.
@Suite struct RoomReadyTests {
    private let keys: [RedisArgument] = [.text(Keys.room(.general)), .text(Keys.members(.general))]

    /// The room's list of members, as the next message says it.
    private func version(_ bench: Bench) async throws -> String? {
        let reply = try await bench.accept("\(Int.random(in: 0..<1 << 40))")(bench.redis)
        guard word(reply) == "ok" else { return word(reply) }
        let newest = try await bench.envelopes(Keys.recent(.general)).last ?? ""
        return newest.split(separator: ",").first { $0.hasPrefix(#""mv":"#) }.map(String.init)
    }

    @Test func itIsWrittenByTheFirstMessage() async throws {
        try await onBenchWithinTenMinutes { bench in
            _ = try await bench.accept("one")(bench.redis)
            let epoch = try #require(try await bench.field("epoch"))
            let expected = "\(bench.now / 600_000) \(bench.run) 1 \(epoch) 1"
            let ready = try await bench.field("ready")
            #expect(ready == expected)
            // The first of the next ten minutes looks closely; here that of these, as if it were of those.
            let before = "\(bench.now / 600_000 - 1) \(bench.run) 0 \(epoch) 1"
            _ = try await bench.call("HSET", Keys.room(.general), "ready", before)
            _ = try await bench.accept("two")(bench.redis)
            let renewed = try await bench.field("ready")
            #expect(renewed == expected)
        }
    }

    @Test func changesOfTheMembersAndOfTheRoomAreHeard() async throws {
        try await onBench { bench in
            var heard = [try await version(bench)]
            _ = try await bench.redis.function(
                MembershipFunctions.membersSet, keys: keys,
                arguments: [.text(bench.run), 2, "1", "bob", "member"])
            heard.append(try await version(bench))
            _ = try await bench.redis.function(
                MembershipFunctions.roomSet, keys: keys, arguments: [.text(bench.run), 3, "public", ""])
            heard.append(try await version(bench))
            try await bench.redis.load(.general, members: [("alice", "member")], run: bench.run, mv: 9)
            heard.append(try await version(bench))
            #expect(heard == [#""mv":1"#, #""mv":2"#, #""mv":3"#, #""mv":9"#])
        }
    }

    /// Nobody vouches for the members any more: unloaded by auth, or as another run of Redis had a change.
    @Test(arguments: [false, true])
    func aRoomThatIsUnloadedTakesNothing(byAnotherRun: Bool) async throws {
        try await onBench { bench in
            _ = try await bench.accept("one")(bench.redis)
            if byAnotherRun {
                _ = try await bench.redis.function(
                    MembershipFunctions.membersSet, keys: keys,
                    arguments: ["another run", 2, "1", "bob", "member"])
            } else {
                _ = try await bench.redis.function(
                    MembershipFunctions.roomUnload, keys: keys, arguments: [])
            }
            let reply = try await bench.accept("two")(bench.redis)
            #expect(word(reply) == "unloaded")
        }
    }

    /// Somebody who knows more enters: that opens an epoch.
    @Test func aNewEpochIsHeard() async throws {
        try await onBench { bench in
            _ = try await bench.accept("one")(bench.redis)
            let entered = try await bench.redis.function(
                RoomFunctions.enter, keys: keys + [.text(Keys.online(.general))],
                arguments: [.text(bench.run), 9_000_000_000_000, "alice"])
            let reply = try await bench.accept("two")(bench.redis)
            #expect(reply[1].text == entered[1].text)
            #expect(reply[2].int == 9_000_000_000_001)
        }
    }

    /// What an earlier build wrote has none, and goes on where it was.
    @Test func aRoomWithoutIt() async throws {
        try await onBench { bench in
            let first = bench.accept("one")
            _ = try await first(bench.redis)
            _ = try await bench.call("HDEL", Keys.room(.general), "ready")
            let replies = [try await first(bench.redis), try await bench.accept("two")(bench.redis)]
            #expect(replies.map(word) == ["ok", "ok"])
            #expect(replies.map { $0[2].int } == [1, 2])
        }
    }
}
