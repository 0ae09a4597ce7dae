import ArchiveFunctions
import Engine
import Hosting
import Postgres
import Redis
import Schema
import Support
import Testing

@testable import ChatHistory

/// Who writes which partition, and what a writer leaves to its successor.
@Suite(.serialized) struct TakeOverTests {
    private static let leases = "parley_history_leases_held"

    private func leases(_ metrics: Registry) -> Int {
        let line = metrics.exposition().split(separator: "\n").first { $0.hasPrefix(Self.leases + " ") }
        return line.flatMap { Int($0.dropFirst(Self.leases.count + 1)) } ?? -1
    }

    @Test func twoInstancesShareThePartitionsAndOneHasAll() async throws {
        let rooms = (0..<40).map { room("room-\($0)") }
        try await withCluster { cluster in
            let metrics = cluster.context.metrics
            try await cluster.open(rooms)
            var isSo = await eventually(on: cluster.loop) { leases(metrics) == 64 }
            #expect(isSo)
            let second = try cluster.another()
            second.history.start()
            isSo = await eventually(on: cluster.loop) {
                leases(metrics) == 32 && leases(second.metrics) == 32
            }
            #expect(isSo)
            for number in 0..<400 { try await cluster.send("message \(number)", to: rooms[number % 40]) }
            try await cluster.expectDrained(rooms)
            await second.history.stop()
            // Its leases do not have to end: whatever is anybody's is the first one's.
            let owners = try await Set(cluster.leaseTokens())
            #expect(owners.count == 1)
            isSo = await eventually(on: cluster.loop) { leases(metrics) == 64 }
            #expect(isSo)
            for number in 0..<400 { try await cluster.send("message \(number)", to: rooms[number % 40]) }
            try await cluster.expectDrained(rooms)
            for room in rooms {
                let seqs = try await cluster.archived(room)
                #expect(seqs == Array(1...20))
            }
        }
    }

    /// Nothing is acknowledged before it is committed, and what was committed and not acknowledged is a replay.
    @Test func aDeathBetweenCommitAndAcknowledgementChangesNothing() async throws {
        try await withCluster { cluster in
            try await cluster.send("message 1", to: .general)
            try await cluster.expectDrained()
            // A log_stored that dies before it has done anything.
            let broken = ArchiveFunctions.library.source.replacing(
                "local function log_stored(keys, args)",
                with: "local function log_stored(keys, args) error('killed')")
            _ = try await cluster.redis.call("FUNCTION", "LOAD", "REPLACE", .text(broken))
            for number in 2...30 { try await cluster.send("message \(number)", to: .general) }
            var seqs: [Int64] = []
            for _ in 0..<2_000 where seqs.count < 2 {
                await cluster.loop.sleep(milliseconds: 5)
                seqs = try await cluster.archived(.general)
            }
            #expect(seqs.starts(with: [1, 2]))
            let rooms = try await cluster.redis.call("ZCARD", .text(Keys.unstored(RoomID.general.partition)))
            #expect(rooms.int == 1)
            var stored = try await cluster.stored(.general)
            #expect(stored == 1)
            await cluster.stopHistory()
            _ = try await cluster.redis.call(
                "FUNCTION", "LOAD", "REPLACE", .text(ArchiveFunctions.library.source))
            try await cluster.restart()
            try await cluster.expectDrained()
            seqs = try await cluster.archived(.general)
            #expect(seqs == Array(1...30))
            stored = try await cluster.stored(.general)
            #expect(stored == 30)
            #expect(cluster.context.metrics.exposition().contains("parley_history_dead_letters_total 0"))
        }
    }

    /// Stopped while it sends a batch, a predecessor holds its locks as long as its connection lives.
    @Test func aPredecessorThatHangsInItsTransactionHoldsNobodyUp() async throws {
        try await withCluster { cluster in
            try await cluster.send("message 1", to: .general)
            try await cluster.expectDrained()
            await cluster.stopHistory()
            let predecessor = try cluster.hangingPredecessor()
            weak let hanging = predecessor
            cluster.loop.spawn { await hanging?.hold(RoomID.general.partition) }
            let isHolding = await eventually(on: cluster.loop) { predecessor.isHolding }
            #expect(isHolding)
            try await cluster.send("message 2", to: .general)
            try await cluster.restart()
            // Long before the server would have ended that session by itself.
            try await cluster.expectDrained()
            predecessor.letGo()
            let isOver = await eventually(on: cluster.loop) { predecessor.error != nil }
            #expect(isOver)
            await predecessor.close()
        }
    }

    /// Only the partition that is another's is dropped: it has its own fence in the transaction of all.
    @Test func onlyThePartitionThatWasTakenOverIsDropped() async throws {
        let rooms = (0..<12).map { room("room-\($0)") }
        try await withCluster(rooms: rooms) { cluster in
            for room in rooms { try await cluster.send("one", to: room) }
            try await cluster.expectDrained(rooms)
            let archive = Archive(postgres: cluster.postgres)
            let before = cluster.metric("parley_history_takeovers_total")
            _ = try await archive.takeOver([rooms[3].partition], owner: "another")
            for room in rooms { try await cluster.send("two", to: room) }
            try await cluster.expectDrained(rooms)
            for room in rooms {
                let seqs = try await cluster.archived(room)
                #expect(seqs == [1, 2])
            }
            #expect(cluster.metric("parley_history_takeovers_total") == before + 1)
        }
    }

    /// However much of it is in hand: it is not looked for which of its messages is at fault.
    @Test func aPartitionThatWasTakenOverIsDroppedAtOnce() async throws {
        try await withCluster { cluster in
            try await cluster.send("message 1", to: .general)
            try await cluster.expectDrained()
            await cluster.stopHistory()
            for number in 2...65 { try await cluster.send("message \(number)", to: .general) }
            let archive = Archive(postgres: cluster.postgres)
            let fences = try await archive.takeOver([RoomID.general.partition], owner: "another")
            let token = try #require(fences[RoomID.general.partition])
            // The token of who starts next is another's by the time that it is shown; a sequence does not roll back.
            for statement in [
                "CREATE SEQUENCE history.refusals",
                "ALTER FUNCTION history.hold(smallint[], bigint[]) RENAME TO hold_as_ever",
                """
                CREATE FUNCTION history.hold(numbers smallint[], tokens bigint[]) RETURNS void LANGUAGE plpgsql AS $$
                BEGIN
                    IF tokens[1] = \(token + 1) THEN
                        PERFORM nextval('history.refusals');
                        RAISE EXCEPTION 'partition taken over' USING ERRCODE = '\(ArchiveMigrations.takenOver)';
                    END IF;
                    PERFORM history.hold_as_ever(numbers, tokens);
                END $$
                """,
            ] {
                try await cluster.postgres.query(statement)
            }
            try await cluster.restart()
            try await cluster.expectDrained()
            let seqs = try await cluster.archived(.general)
            #expect(seqs == Array(1...65))
            let rows = try await cluster.postgres.query(
                "SELECT last_value, is_called FROM history.refusals")
            #expect(try rows[0]["last_value"].int == 1)
            #expect(try rows[0]["is_called"].bool == true)
        }
    }

    @Test func aWriterWhosePartitionWasTakenOverCommitsNothing() async throws {
        try await withCluster { cluster in
            try await cluster.send("one", to: .general)
            try await cluster.expectDrained()
            let archive = Archive(postgres: cluster.postgres)
            let partition = RoomID.general.partition
            let fences = try await archive.takeOver([partition], owner: "another")
            let fence = try #require(fences[partition])
            #expect(fence == 2)
            var error: PostgresError?
            var transaction = Archive.Transaction()
            transaction.add(IngestBatch([], heads: [:]), of: partition, fence: 1)
            do throws(PostgresError) {
                try await archive.commit(transaction)
            } catch let caught {
                error = caught
            }
            #expect(error?.sqlState == ArchiveMigrations.takenOver)
            // The service finds out, takes the partition back by its lease, and goes on.
            try await cluster.send("two", to: .general)
            try await cluster.expectDrained()
            let seqs = try await cluster.archived(.general)
            #expect(seqs == [1, 2])
        }
    }

    /// A Redis that came back as it was some time ago has entries that the writer believes it is done with.
    @Test func whatIsThereAgainAfterAReconnectIsAReplay() async throws {
        try await withCluster { cluster in
            try await cluster.send("message 1", to: .general)
            try await cluster.expectDrained()
            _ = try await cluster.redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            _ = try await cluster.redis.call("HSET", .text(Keys.room(.general)), "stored", "0")
            _ = try await cluster.redis.call(
                "ZADD", .text(Keys.unstored(RoomID.general.partition)), "1", "general")
            try await cluster.expectDrained()
            let seqs = try await cluster.archived(.general)
            #expect(seqs == [1])
            #expect(cluster.context.metrics.exposition().contains("parley_history_replays_total 1"))
        }
    }

    @Test func anEmptiedRedisIsServedAnew() async throws {
        try await withCluster { cluster in
            for number in 1...5 { try await cluster.send("message \(number)", to: .general) }
            try await cluster.expectDrained()
            _ = try await cluster.redis.call("FLUSHALL")
            try await cluster.open([.general])
            for number in 6...9 { try await cluster.send("message \(number)", to: .general) }
            try await cluster.expectDrained()
            let seqs = try await cluster.archived(.general)
            #expect(seqs.count == 9)
        }
    }
}

/// A writer that has a partition's row locked and does not go on.
private final class HangingPredecessor {
    private(set) var isHolding = false
    private(set) var error: (any Error)?
    private let loop: EventLoop
    private let postgres: PostgresClient
    private var mayEnd = false

    init(loop: EventLoop, url: PostgresURL) {
        self.loop = loop
        // The server's own bound on idle transactions must not be what helps.
        var settings = PostgresSettings()
        settings.idleInTransactionTimeout = 600_000
        postgres = PostgresClient(loop: loop, url: url, poolSize: 1, name: "history", settings: settings)
        postgres.start()
    }

    func hold(_ partition: Partition) async {
        do {
            try await postgres.transaction { transaction in
                try await transaction.query(
                    "SELECT history.hold(ARRAY[$1::smallint], '{1}')", [.int(Int64(partition.number))])
                self.isHolding = true
                while !self.mayEnd { await self.loop.sleep(milliseconds: 5) }
                try await transaction.query("SELECT 1")
            }
        } catch {
            self.error = error
        }
    }

    func letGo() { mayEnd = true }

    func close() async { await postgres.close() }
}

extension Cluster {
    /// Whose the leases are that somebody holds.
    fileprivate func leaseTokens() async throws -> [String] {
        var tokens: [String] = []
        for partition in Partition.all {
            tokens += try await [redis.call("GET", .text(Keys.logLease(partition))).text].compactMap(\.self)
        }
        return tokens
    }

    fileprivate func hangingPredecessor() throws -> HangingPredecessor {
        HangingPredecessor(loop: loop, url: config.postgres)
    }
}
