import Redis
import Schema
import Support
import Testing

@testable import RoomFunctions

/// What a message asks of Redis, by commands: each takes 3 to 10 % of the whole, so that one more is felt.
@Suite struct RoomAcceptCommandsTests {
    /// How often each command was called meanwhile, by functions too.
    private func commands(
        _ bench: Bench, _ body: nonisolated(nonsending) () async throws -> Void
    ) async throws -> [String: Int] {
        _ = try await bench.call("CONFIG", "RESETSTAT")
        try await body()
        let info = try await bench.call("INFO", "commandstats").text ?? ""
        var counts: [String: Int] = [:]
        for line in info.split(whereSeparator: \.isNewline) where line.hasPrefix("cmdstat_") {
            let words = line.dropFirst("cmdstat_".count).split(whereSeparator: { ":=,".contains($0) })
            guard words.count > 2, let count = Int(words[2]) else { continue }
            counts[String(words[0])] = count
        }
        for ours in ["config|resetstat", "info", "fcall"] { counts[ours] = nil }
        return counts
    }

    private func acceptOne(_ bench: Bench) async throws {
        let reply = try await bench.accept("\(Int.random(in: 0..<1 << 40))")(bench.redis)
        try #require(word(reply) == "ok")
    }

    private static let always = [
        "time": 1, "hmget": 1, "hget": 1, "hsetnx": 1, "xadd": 1, "spublish": 1, "hset": 1,
    ]

    @Test func whereOthersAreOnTheirWayToTheArchive() async throws {
        try await onBenchWithinTenMinutes { bench in
            try await acceptOne(bench)
            try await settle(bench)
            try await acceptOne(bench)
            let counts = try await commands(bench) { try await acceptOne(bench) }
            #expect(counts == Self.always)
        }
    }

    /// What wakes the archive's writer.
    private static let settled = always.merging(["zadd": 1, "zcard": 1, "spublish": 2]) { $1 }

    private func settle(_ bench: Bench) async throws {
        let seq = try #require(try await bench.field("seq"))
        _ = try await bench.call("HSET", Keys.room(.general), "stored", seq)
        _ = try await bench.call("DEL", Keys.unstored(RoomID.general.partition))
    }

    @Test func whereAllIsInTheArchive() async throws {
        try await onBenchWithinTenMinutes { bench in
            try await acceptOne(bench)
            try await settle(bench)
            let counts = try await commands(bench) { try await acceptOne(bench) }
            #expect(counts == Self.settled)
        }
    }

    /// What was remembered of keys has gone by itself, or nearly: nobody has to look at it.
    @Test(arguments: [false, true])
    func afterHalfAnHour(isGone: Bool) async throws {
        try await onBenchWithinTenMinutes { bench in
            try await acceptOne(bench)
            try await settle(bench)
            let before = bench.now / 600_000 - 2
            _ = try await bench.call("HSET", Keys.room(.general), "seen", "\(before) alone")
            _ = try await bench.call("HDEL", Keys.room(.general), "ready")
            let hash = Keys.seen(.general)[Int(before % 2)]
            _ = try await bench.call(isGone ? "DEL" : "PERSIST", hash)
            let counts = try await commands(bench) { try await acceptOne(bench) }
            let renewal = ["hmget": 2, "unlink": 1, "pexpire": 1, "hset": 3, "zadd": 2, "persist": 1]
            #expect(counts == Self.settled.merging(renewal) { $1 })
            // Its stamp and the one key.
            let (size, life) = (try await bench.call("HLEN", hash), try await bench.call("PTTL", hash))
            #expect(size.int == 2)
            #expect(life.int ?? -1 > 600_000)
        }
    }
}
