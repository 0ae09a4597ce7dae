import Redis
import Schema
import Support
import Testing

@testable import RoomFunctions

/// What it costs Redis to remember an accepted key; the figures stand in `Tests/README.md`.
@Suite struct SeenCostTests {
    /// Puts as many keys as are missing into the present hash, of the form that `room_accept` gives them.
    private static let fill = """
        local t = redis.call('TIME')
        local generation = math.floor(tonumber(t[1]) / 600)
        local key = KEYS[1 + generation % 2]
        local value = redis.call('HRANDFIELD', key, 2, 'WITHVALUES')
        value = #value[2] > #value[4] and value[2] or value[4]
        for i = redis.call('HLEN', key), tonumber(ARGV[1]) do
          redis.call('HSET', key, string.format('%012d', i), value)
        end
        return { redis.call('HLEN', key) - 1, redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) }
        """

    /// Measured: 112 and 114 bytes.
    @Test(arguments: [1_000, 100_000] as [Int64])
    func aKeyTakesLessThan128Bytes(keys: Int64) async throws {
        try await onBenchWithinTenMinutes { bench in
            // As long as positions get: an epoch of eight characters, a seq far above a jump.
            var call = bench.accept("hello")
            call.known = 9_000_000_000_000
            _ = try await call(bench.redis)
            let hashes = Keys.seen(.general).map { RedisArgument.text($0) }
            let filled = try await bench.redis.call(
                ["EVAL", .text(Self.fill), "2"] + hashes + [.int(keys)], timeoutMilliseconds: 60_000)
            #expect(filled[0].int == keys)
            let bytes = try #require(filled[1].int)
            #expect(bytes / keys < 128)
        }
    }
}
