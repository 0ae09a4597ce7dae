import Engine
import Hosting
import Postgres
import Redis
import Schema
import Support
import Testing

@testable import ChatHistory

/// The way from the logs in Redis into the archive, over real servers.
@Suite(.serialized) struct WritingTests {
    @Test func everyMessageIsStoredInOrder() async throws {
        let rooms = (0..<20).map { room("room-\($0)") }
        try await withCluster(rooms: rooms) { cluster in
            for number in 0..<5_000 { try await cluster.send("message \(number)", to: rooms[number % 20]) }
            try await cluster.expectDrained(rooms)
            for room in rooms {
                let seqs = try await cluster.archived(room)
                #expect(seqs == Array(1...250))
                let stored = try await cluster.stored(room)
                #expect(stored == 250)
            }
            let bytes = try await cluster.redis.call(
                "GET", .text(Keys.unstoredBytes(rooms[0].partition)))
            #expect(bytes.int == 0)
        }
    }

    @Test func whatIsStoredIsTheEnvelopeAsItWent() async throws {
        try await withCluster { cluster in
            try await cluster.send("häl\"lo\\ \u{1F600} 'x' {a,b}", to: .general)
            try await cluster.expectDrained()
            let live = try await cluster.redis.call("XRANGE", .text(Keys.recent(.general)), "-", "+")
            let row = try await cluster.postgres.query("SELECT * FROM history.messages")[0]
            #expect(try row["envelope"].text == live[0][1]["e"].text)
            #expect(try row["sender"].text == "alice")
            let id = try #require(MessageID(try row["id"].text))
            #expect(try row["created_at"].milliseconds == id.milliseconds)
            #expect(try row["ts"].int == id.milliseconds)
        }
    }

    @Test func nothingIsLostOrTwiceWhilePostgresIsAway() async throws {
        let rooms = (0..<5).map { room("room-\($0)") }
        let server = try await blocking { try PostgresServer() }
        defer { server.remove() }
        try await withCluster(database: server.url, rooms: rooms) { cluster in
            for number in 0..<1_000 {
                try await cluster.send("message \(number)", to: rooms[number % 5])
                if number == 400 { try server.stop() }
                if number == 800 { try server.start() }
            }
            try await cluster.expectDrained(rooms)
            for room in rooms {
                let seqs = try await cluster.archived(room)
                #expect(seqs == Array(1...200))
                let stored = try await cluster.stored(room)
                #expect(stored == 200)
            }
        }
    }

    @Test func aSuccessorTakesWhatWasLeftPending() async throws {
        try await withCluster(starts: false) { cluster in
            for number in 0..<50 { try await cluster.send("message \(number)", to: .general) }
            // A predecessor has taken all and stored nothing, or stored and not acknowledged.
            let partition = RoomID.general.partition
            _ = try await cluster.redis.call("SET", .text(Keys.logLease(partition)), "old")
            let old = PartitionLog(partition: partition, token: "old", redis: cluster.redis)
            let read = try await LogReader(redis: cluster.redis).read(
                [LogReader.Source(log: old)], most: 1_000)[0].get()
            #expect(read.stretches.map(\.entries.count) == [50])
            _ = try await cluster.redis.call("DEL", .text(Keys.logLease(partition)))
            cluster.startHistory()
            try await cluster.expectDrained()
            let seqs = try await cluster.archived(.general)
            #expect(seqs == Array(1...50))
        }
    }

    @Test func aRestartLeavesTheLeasesToItsSuccessorAtOnce() async throws {
        try await withCluster { cluster in
            try await cluster.send("one", to: .general)
            try await cluster.expectDrained()
            await cluster.stopHistory()
            let lease = try await cluster.redis.call(
                "EXISTS", .text(Keys.logLease(RoomID.general.partition)))
            #expect(lease.int == 0)
        }
    }

    /// What is bad of one partition is found by halving, first by partitions; the others are stored all the same.
    @Test func whatIsRefusedOfOnePartitionHoldsUpNoOther() async throws {
        let rooms = (0..<12).map { room("room-\($0)") }
        try await withCluster(rooms: rooms) { cluster in
            try await cluster.send("message 1", to: rooms[0])
            try await cluster.expectDrained(rooms)
            await cluster.stopHistory()
            try await cluster.postgres.query(
                "ALTER TABLE history.messages ADD CHECK (envelope NOT LIKE '%\"unloved\"%')")
            for room in rooms {
                for number in 1...3 {
                    let isBad = number == 2 && (room == rooms[4] || room == rooms[9])
                    try await cluster.send(isBad ? "unloved" : "message", to: room)
                }
            }
            try await cluster.restart()
            try await cluster.expectDrained(rooms)
            for room in rooms {
                let first: Int64 = room == rooms[0] ? 4 : 3
                let seqs = try await cluster.archived(room)
                #expect(seqs == Array(1...first))
                let stored = try await cluster.stored(room)
                #expect(stored == first)
            }
            #expect(cluster.metric("parley_history_dead_letters_total") == 2)
        }
    }

    /// Whatever is accepted while a batch is under way, or just after it: nothing waits for the next look.
    @Test func nothingWaitsToBeLookedFor() async throws {
        let rooms = (0..<5).map { room("room-\($0)") }
        try await withCluster(starts: false, rooms: rooms) { cluster in
            let writer = try cluster.another(lookMilliseconds: 86_400_000)
            writer.history.start()
            try await cluster.open(rooms)
            for round in 0..<20 {
                for number in 0..<20 { try await cluster.send("\(number)", to: rooms[number % 5]) }
                // At rest in some rounds, in the middle of it in others.
                if round.isMultiple(of: 2) { try await cluster.expectDrained(rooms) }
            }
            try await cluster.expectDrained(rooms)
            for room in rooms {
                let seqs = try await cluster.archived(room)
                #expect(seqs == Array(1...80))
            }
            await writer.history.stop()
        }
    }

    /// What is no envelope becomes a dead letter, what is no room is taken out.
    @Test func entriesAreReadAsTheyAre() async throws {
        try await withCluster(starts: false) { cluster in
            let partition = RoomID.general.partition
            try await cluster.send("hello", to: .general)
            try await cluster.plant(["x", "y"], at: 2, of: .general)
            try await cluster.plant(["t", "trace", "e", "junk"], at: 3, of: .general)
            let elsewhere = try #require(
                (0...).lazy.map { room("room-\($0)") }.first { $0.partition != partition })
            _ = try await cluster.redis.call(
                "ZADD", .text(Keys.unstored(partition)), "1", .text(elsewhere.text), "2", "no room")
            let log = PartitionLog(partition: partition, token: "any", redis: cluster.redis)
            let reader = LogReader(redis: cluster.redis)
            let all = try await reader.read([LogReader.Source(log: log)], most: 100)[0].get()
            #expect(all.strays == [Array(elsewhere.text.utf8), Array("no room".utf8)])
            #expect(all.stretches.map(\.stretch) == [UnstoredStretch(room: .general, above: 0, count: 3)])
            let live = try await cluster.redis.call("XRANGE", .text(Keys.recent(.general)), "-", "+")
            let entries = all.stretches[0].entries
            #expect(entries.map(\.id.seq) == [1, 2, 3])
            let envelopes = [try #require(live[0][1]["e"].bytes), [], Array("junk".utf8)]
            #expect(entries.map(\.envelope) == envelopes)
            let most = try await reader.read([LogReader.Source(log: log)], most: 3)[0].get()
            #expect(most.stretches[0].entries == entries)
            _ = try await cluster.redis.call(
                "ZREM", .text(Keys.unstored(partition)), .text(elsewhere.text), "no room")
            let two = try await reader.read([LogReader.Source(log: log)], most: 2)[0].get()
            #expect(two.stretches[0].entries == Array(entries.prefix(2)))
        }
    }

    /// A stream or a hash of another type is a room's own fault: the others of its partition are stored.
    @Test func aRoomThatIsSpoiltHoldsUpNoOther() async throws {
        let partition = RoomID.general.partition
        let rooms = (0..<640).map { room("room-\($0)") }.filter { $0.partition == partition }.prefix(3)
        try await withCluster(starts: false, rooms: Array(rooms)) { cluster in
            // More than the first pass takes of a partition.
            for room in rooms {
                for number in 1...3 { try await cluster.send("\(number)", to: room) }
            }
            _ = try await cluster.redis.call("SET", .text(Keys.recent(rooms[0])), "no stream")
            _ = try await cluster.redis.call("SET", .text(Keys.room(rooms[1])), "no hash")
            cluster.startHistory()
            try await cluster.expectDrained(Array(rooms))
            let stored = try await [
                cluster.archived(rooms[0]), cluster.archived(rooms[1]), cluster.archived(rooms[2]),
            ]
            #expect(stored == [[], [1, 2, 3], [1, 2, 3]])
        }
    }

    /// Nothing but names that somebody has put there: they are taken out, and nobody falls over them.
    @Test func whatIsNoRoomIsTakenOut() async throws {
        try await withCluster(starts: false) { cluster in
            let unstored = Keys.unstored(RoomID.general.partition)
            _ = try await cluster.redis.call(
                "ZADD", .text(unstored), "1", "no room", "2", .bytes([0xFF, 0xFE]))
            cluster.startHistory()
            try await cluster.expectDrained()
        }
    }

    /// In a new epoch seqs jump: what was given to nobody takes no place in a pass.
    @Test func manyRoomsAreReadAtOnceAfterARestartOfRedis() async throws {
        let partition = RoomID.general.partition
        let rooms = (0..<640).map { room("room-\($0)") }.filter { $0.partition == partition }.prefix(5)
        try await withCluster(starts: false, rooms: Array(rooms)) { cluster in
            for room in rooms {
                for number in 1...3 { try await cluster.send("before \(number)", to: room) }
            }
            for room in rooms.dropFirst(2) {
                _ = try await cluster.redis.call("HSET", .text(Keys.room(room)), "run", "another")
                _ = try await cluster.redis.call("HDEL", .text(Keys.room(room)), "ready")
                try await cluster.send("after", to: room)
            }
            // Of this one nothing is remembered either.
            _ = try await cluster.redis.call("DEL", .text(Keys.room(rooms[1])), .text(Keys.recent(rooms[1])))
            try await cluster.redis.load(
                rooms[1], members: [("alice", "member")], run: cluster.run, isNew: false)
            try await cluster.send("after", to: rooms[1])
            let log = PartitionLog(partition: partition, token: "any", redis: cluster.redis)
            let found = try await LogReader(redis: cluster.redis).read(
                [LogReader.Source(log: log)], most: 16)[0].get()
            let counts = found.stretches.map { [$0.stretch.count, $0.entries.count] }
            #expect(counts.sorted { $0[0] < $1[0] } == [[1, 1], [3, 3], [4, 4], [4, 4], [4, 4]])
        }
    }

    /// Builds before the first release had a log of each partition beside those of the rooms.
    @Test func whatABuildBeforeHasLeftIsStored() async throws {
        try await withCluster(starts: false) { cluster in
            let partition = RoomID.general.partition
            for number in 1...3 { try await cluster.send("message \(number)", to: .general) }
            let live = try await cluster.redis.call("XRANGE", .text(Keys.recent(.general)), "-", "+")
            for entry in live.array ?? [] {
                let envelope = try #require(entry[1]["e"].bytes)
                _ = try await cluster.redis.call(
                    "XADD", .text(Keys.formerLog(partition)), "*", "e", .bytes(envelope))
            }
            _ = try await cluster.redis.call("DEL", .text(Keys.unstored(partition)))
            cluster.startHistory()
            let isStored = await eventually(on: cluster.loop) {
                cluster.metric("parley_history_entries_stored_total") == 3
            }
            #expect(isStored)
            try await cluster.expectDrained()
            let left = try await cluster.redis.call("XLEN", .text(Keys.formerLog(partition)))
            #expect(left.int == 0)
        }
    }

    /// In one word, however many rooms there are.
    @Test func allRoomsOfACommitAreToldAtOnce() async throws {
        let partition = RoomID.general.partition
        let rooms = (0..<640).map { room("room-\($0)") }.filter { $0.partition == partition }
        try await withCluster(starts: false, rooms: rooms) { cluster in
            for room in rooms { try await cluster.send("hello", to: room) }
            let listener = try Listener(on: cluster, channels: [Keys.storedChannel(partition)])
            try #require(await eventually(on: cluster.loop) { listener.isReady })
            cluster.startHistory()
            // The first pass takes little of each partition; all that follows it comes in one.
            try #require(await eventually(on: cluster.loop) { listener.heard.contains { $0.contains("\n") } })
            try await cluster.expectDrained(rooms)
            let lines = listener.heard.flatMap { $0.split(separator: "\n") }
            let told = lines.map { $0.split(separator: " ").first.map(String.init) }
            #expect(Set(told) == Set(rooms.map(\.text)))
            listener.close()
        }
    }

    /// However many partitions have something, it is one transaction.
    @Test func allPartitionsAreStoredInOneTransaction() async throws {
        let rooms = (0..<30).map { room("room-\($0)") }
        try await withCluster(starts: false, rooms: rooms) { cluster in
            try await cluster.open(rooms)
            for room in rooms { try await cluster.send("one", to: room) }
            cluster.startHistory()
            try await cluster.expectDrained(rooms)
            let rows = try await cluster.postgres.query(
                "SELECT count(DISTINCT xmin::text) AS transactions, count(*) AS rows FROM history.messages")
            #expect(try rows[0]["transactions"].int == 1)
            #expect(try rows[0]["rows"].int == 30)
        }
    }
}
