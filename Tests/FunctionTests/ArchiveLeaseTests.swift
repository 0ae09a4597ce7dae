import ArchiveFunctions
import Redis
import Schema
import Support
import Testing

/// Who may write a partition's rooms into the archive, and how many instances share them.
@Suite struct ArchiveLeaseTests {
    private let partition = RoomID.general.partition
    private var lease: RedisArgument { .text(Keys.logLease(partition)) }

    @Test func aLeaseIsOnesUntilItEnds() async throws {
        try await onBench { bench in
            let answers = [
                try await bench.lease("one"), try await bench.lease("two"), try await bench.lease("one"),
            ]
            #expect(answers == [1, 0, 1])
            let ttl = try await bench.call("PTTL", Keys.logLease(partition))
            #expect((5_000...10_000).contains(ttl.int ?? 0))
            _ = try await bench.call("DEL", Keys.logLease(partition))
            let successor = try await bench.lease("two")
            #expect(successor == 1)
        }
    }

    @Test func onlyItsOwnerGivesALeaseBack() async throws {
        try await onBench { bench in
            _ = try await bench.lease("one")
            func release(_ token: String) async throws -> Int64? {
                try await bench.redis.function(
                    ArchiveFunctions.release, keys: [lease], arguments: [.text(token)]
                ).int
            }
            let answers = [try await release("two"), try await release("one"), try await release("one")]
            #expect(answers == [0, 1, 0])
        }
    }

    @Test func whoSaysToBeThereForLongerThanAnybodyCanIsNotCounted() async throws {
        try await onBench { bench in
            func announce(_ token: String) async throws -> RedisReply {
                try await bench.redis.function(
                    ArchiveFunctions.announce, keys: [.text(Keys.historyInstances)],
                    arguments: [.text(token), "8000"])
            }
            _ = try await bench.call(
                "ZADD", Keys.historyInstances, "1e18", "of-the-future", "inf", "for-ever")
            let alone = try await announce("one")
            #expect(alone == .array([.integer(1), .integer(0)]))
            let both = try await announce("two")
            #expect(both == .array([.integer(2), .integer(1)]))
        }
    }
}

extension Bench {
    /// Takes or renews the lease of the partition of `general` for 10 s; 1: it is this token's.
    func lease(_ token: String) async throws -> Int64? {
        try await redis.function(
            ArchiveFunctions.lease, keys: [.text(Keys.logLease(RoomID.general.partition))],
            arguments: [.text(token), "10000"]
        ).int
    }
}
