import Hosting
import Redis
import Schema
import Support
import Testing

@testable import ChatHistory

/// Which of our partitions are looked at for silent rooms, and how much of each.
@Suite struct SweepingTests {
    /// Names of rooms that are to be looked at, more than one call takes, in each of some partitions of ours.
    private func planted(_ cluster: Cluster) async throws -> [Partition: OwnedPartition] {
        var owned: [Partition: OwnedPartition] = [:]
        for partition in Partition.all.prefix(3) {
            _ = try await cluster.redis.call("SET", .text(Keys.logLease(partition)), "one")
            for number in 1...(2 * Sweep.most + 20) {
                _ = try await cluster.redis.call(
                    "ZADD", .text(Keys.logs(partition)), "1", .text("gone-\(number)"))
            }
            owned[partition] = OwnedPartition(
                log: PartitionLog(partition: partition, token: "one", redis: cluster.redis), fence: 0)
        }
        return owned
    }

    private func left(_ cluster: Cluster) async throws -> [Int64] {
        var left: [Int64] = []
        for partition in Partition.all.prefix(3) {
            left.append(try await cluster.redis.call("ZCARD", .text(Keys.logs(partition))).int ?? -1)
        }
        return left
    }

    @Test func oneAfterAnotherIsLookedAtWhole() async throws {
        try await withCluster(starts: false) { cluster in
            let owned = try await planted(cluster)
            let all = Int64(2 * Sweep.most + 20)
            let sweep = Sweep(seconds: 1, log: .silent)
            for expected in [[0, all, all], [0, 0, all], [0, 0, 0]] {
                // The second of them finds a look under way.
                for _ in 1...2 { sweep.step(owned) }
                var found: [Int64] = []
                let deadline = ContinuousClock.now + .seconds(60)
                while found != expected, .now < deadline { found = try await left(cluster) }
                #expect(found == expected)
            }
        }
    }

    /// Else nothing would be forgotten any more once Redis had failed.
    @Test func aLookThatFailsIsFollowedByOthers() async throws {
        try await withCluster(starts: false) { cluster in
            let owned = try await planted(cluster)
            let sweep = Sweep(seconds: 1, log: .silent)
            for partition in owned.keys {
                _ = try await cluster.redis.call("DEL", .text(Keys.logLease(partition)))
                _ = try await cluster.redis.call(
                    "HSET", .text(Keys.logLease(partition)), "of", "another type")
            }
            sweep.step(owned)
            _ = try await cluster.redis.call("PING")
            for partition in owned.keys {
                _ = try await cluster.redis.call("DEL", .text(Keys.logLease(partition)))
                _ = try await cluster.redis.call("SET", .text(Keys.logLease(partition)), "one")
            }
            let deadline = ContinuousClock.now + .seconds(60)
            while try await left(cluster) != [0, 0, 0], .now < deadline { sweep.step(owned) }
            let found = try await left(cluster)
            #expect(found == [0, 0, 0])
        }
    }
}

/// What a partition's writer remembers of what it has settled.
@Suite struct SettledTests {
    private func room(_ seq: Int64, isSound: Bool = true, isRead: Bool = true) -> LogReading.Room {
        LogReading.Room(
            room: .general, epoch: "e1", seq: seq, isSound: isSound, newestMilliseconds: isRead ? 77 : nil)
    }

    @Test func onlyWhatIsCertain() async throws {
        try await withCluster(starts: false) { cluster in
            let owned = OwnedPartition(
                log: PartitionLog(partition: RoomID.general.partition, token: "one", redis: cluster.redis),
                fence: 0)
            for (room, settled): (LogReading.Room, Int64?) in [
                (room(5), 5), (room(7), 7),
                // What somebody has put there may be beyond what comes; nothing was there.
                (room(9, isSound: false), nil), (room(8), 8), (room(8, isRead: false), nil), (room(9), 9),
            ] {
                owned.acknowledged([room], dead: [])
                #expect(owned.settled[.general] == settled)
            }
            owned.forget()
            #expect(owned.settled.isEmpty)
        }
    }
}
