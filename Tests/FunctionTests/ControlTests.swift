import MembershipFunctions
import Redis
import RoomFunctions
import Schema
import Support
import Testing

/// What everybody must hear of.
@Suite struct ControlTests {
    private func revoke(_ bench: Bench, _ field: String, _ value: String) async throws -> [String?] {
        let reply = try await bench.redis.function(
            ControlFunctions.revoke, keys: [.text(Keys.authRevoked)], arguments: [.text(field), .text(value)])
        return [reply[0].text, reply[1].int.map { String($0) }]
    }

    /// Of two instances of auth the one may be late, and know less.
    @Test func aLateOlderRevocationReplacesNothing() async throws {
        try await onBench { bench in
            var answers: [[String?]] = []
            for value in ["100 900", "90 1000", "100 1000", "101 253402300799"] {
                answers.append(try await revoke(bench, "user:alice", value))
            }
            #expect(
                answers == [
                    ["100 900", "1"], ["100 1000", "1"], ["100 1000", "0"], ["101 253402300799", "1"],
                ])
            var sessions: [[String?]] = []
            for value in ["900", "1000", "99"] { sessions.append(try await revoke(bench, "sid:s", value)) }
            #expect(sessions == [["900", "1"], ["1000", "1"], ["1000", "0"]])
            let kept = try await bench.call("HMGET", Keys.authRevoked, "user:alice", "sid:s")
            #expect(kept.array?.map(\.text) == ["101 253402300799", "1000"])
        }
    }

    @Test func aFullRedisHearsAllTheSame() async throws {
        try await onBench { bench in
            // Before it is full: it takes no library any more then.
            _ = try await revoke(bench, "sid:s", "1")
            let notice: [RedisArgument] = [
                .text(Keys.userChannel(.alice)), .text(Keys.directNotices(.alice)),
            ]
            _ = try await bench.redis.function(DirectFunctions.tellNotice, keys: notice, arguments: ["one"])
            _ = try await bench.call("CONFIG", "SET", "maxmemory", "1")
            let revoked = try await revoke(bench, "sid:s", "2")
            #expect(revoked == ["2", "1"])
            _ = try await bench.redis.function(
                ControlFunctions.add, keys: [.text(Keys.controlLog)], arguments: ["10000", "keys", "{}"])
            _ = try await bench.redis.function(DirectFunctions.tellNotice, keys: notice, arguments: ["two"])
            let entries = try await bench.call("XRANGE", Keys.controlLog, "-", "+")
            #expect(entries.array?.map { $0[1]["type"].text } == ["keys"])
            let told = try await bench.call("XLEN", Keys.directNotices(.alice))
            #expect(told.int == 2)
        }
    }
}
