import Redis
import Schema
import Support
import Testing

@testable import ChatHistory

/// What is read of rooms of which is known how far they are.
@Suite struct LogReaderTests {
    private let partition = RoomID.general.partition

    private func read(
        _ cluster: Cluster, settled: Int64?, most: Int = 100
    ) async throws -> (above: Int64?, seqs: [Int64], commands: [String: Int]) {
        let log = PartitionLog(partition: partition, token: "any", redis: cluster.redis)
        let source = LogReader.Source(log: log, settled: settled.map { [.general: $0] } ?? [:])
        _ = try await cluster.redis.call("CONFIG", "RESETSTAT")
        let found = try await LogReader(redis: cluster.redis).read([source], most: most)[0].get()
        let stats = try await cluster.redis.call("INFO", "commandstats").text ?? ""
        var commands: [String: Int] = [:]
        for name in ["hmget", "xrange"] {
            let line = stats.split(whereSeparator: \.isNewline).first {
                $0.hasPrefix("cmdstat_\(name):calls=")
            }
            commands[name] = line.flatMap { Int($0.split(separator: "=")[1].prefix { $0.isNumber }) }
        }
        let stretch = found.stretches.first
        return (stretch?.stretch.above, stretch?.entries.map(\.id.seq) ?? [], commands)
    }

    private func withMessages(_ count: Int, _ body: @escaping @Sendable (Cluster) async throws -> Void)
        async throws
    {
        try await withCluster(starts: false) { cluster in
            for number in 1...count { try await cluster.send("\(number)", to: .general) }
            try await body(cluster)
        }
    }

    @Test func aRoomThatIsKnownIsNotAskedHowFarItIs() async throws {
        try await withMessages(5) { cluster in
            let found = try await read(cluster, settled: 3)
            #expect(found.above == 3)
            #expect(found.seqs == [4, 5])
            #expect(found.commands == ["xrange": 1])
        }
    }

    @Test(arguments: [
        // Its part ends with the last of them, or before.
        (Int64(1), 2, [2, 3]), (1, 3, [2, 3, 4]), (1, 4, [2, 3, 4, 5]), (0, 100, [1, 2, 3, 4, 5]),
        // A part of one would not tell whether there is more.
        (1, 1, [1]),
    ])
    func asManyAreReadAsAsked(settled: Int64, most: Int, expected: [Int64]) async throws {
        try await withMessages(5) { cluster in
            let found = try await read(cluster, settled: settled, most: most)
            #expect(found.seqs == expected)
        }
    }

    /// What there is beyond is read too, and nothing twice.
    @Test func aRoomThatHasMoreThanLittleIsReadOn() async throws {
        try await withMessages(150) { cluster in
            let found = try await read(cluster, settled: 10, most: 1_000)
            #expect(found.above == 10)
            #expect(found.seqs == Array(11...150))
            #expect(found.commands == ["xrange": 2, "hmget": 1])
            let part = try await read(cluster, settled: 10, most: 100)
            #expect(part.seqs == Array(11...110))
        }
    }

    /// What is believed to be settled and is not comes from a Redis that was set back: its own word holds.
    @Test(arguments: [Int64(5), 4_000_000_000]) func whereNothingFollowsTheRoomIsAsked(settled: Int64)
        async throws
    {
        try await withMessages(5) { cluster in
            let found = try await read(cluster, settled: settled)
            #expect(found.above == 0)
            #expect(found.seqs == [1, 2, 3, 4, 5])
        }
    }

    /// Seqs jump from one epoch to the next.
    @Test func anEpochThatFollowsIsFound() async throws {
        try await withMessages(2) { cluster in
            _ = try await cluster.redis.call(
                "HSET", .text(Keys.room(.general)), "run", "another", "stored", "1")
            _ = try await cluster.redis.call("HDEL", .text(Keys.room(.general)), "ready")
            let seq = try await cluster.send("in another epoch", to: .general)
            #expect(seq > 1_000)
            let tail = try await read(cluster, settled: 1)
            #expect(tail.seqs == [2])
            let next = try await read(cluster, settled: 2)
            #expect(next.seqs == [2, seq])
        }
    }
}
