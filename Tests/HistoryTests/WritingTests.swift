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
                "GET", .text(Keys.logBytes(rooms[0].partition)))
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
            #expect(try row["content"].text == "häl\"lo\\ \u{1F600} 'x' {a,b}")
            #expect(try row["sender"].text == "alice")
            let id = try #require(MessageID(try row["id"].text))
            #expect(try row["created_at"].milliseconds == id.milliseconds)
            #expect(try row["ts"].int == id.milliseconds)
        }
    }

    @Test func nothingIsLostOrTwiceWhilePostgresIsAway() async throws {
        let rooms = (0..<5).map { room("room-\($0)") }
        let server = try PostgresServer()
        defer { server.remove() }
        try await withCluster(database: server.url, rooms: rooms) { cluster in
            for number in 0..<1_000 {
                try await cluster.send("message \(number)", to: rooms[number % 5])
                if number == 400 { try server.stop() }
                if number == 800 { try server.start() }
            }
            try await cluster.expectDrained(rooms, withinMilliseconds: 40_000)
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
            let answers = await cluster.redis.each(1) { old.take(1_000, $1) }
            guard case .entries(let taken) = try PartitionLog.taken(answers[0]) else {
                return #expect(Bool(false))
            }
            #expect(taken.count == 50)
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

    @Test func anEntryThatCannotBeStoredDoesNotHoldUpTheRest() async throws {
        try await withCluster(starts: false) { cluster in
            let partition = RoomID.general.partition
            try await cluster.open([.general])
            for number in 1...10 { try await cluster.send("message \(number)", to: .general) }
            _ = try await cluster.redis.call("XADD", .text(Keys.log(partition)), "*", "e", "no envelope")
            _ = try await cluster.redis.call("XADD", .text(Keys.log(partition)), "*", "x", "y")
            for number in 11...20 { try await cluster.send("message \(number)", to: .general) }
            cluster.startHistory()
            try await cluster.expectDrained()
            let seqs = try await cluster.archived(.general)
            #expect(seqs == Array(1...20))
            let dead = try await cluster.deadLetters(of: .general)
            #expect(dead.map(\.reason) == ["not_an_envelope", "not_an_envelope"])
            #expect(dead.map(\.envelope) == ["no envelope", ""])
            #expect(cluster.context.metrics.exposition().contains("parley_history_dead_letters_total 2"))
        }
    }

    @Test func anEntryThatPostgresRefusesIsFoundByHalving() async throws {
        try await withUnloved { cluster in
            try await cluster.restart()
            try await cluster.expectDrained()
            let seqs = try await cluster.archived(.general)
            #expect(seqs == Array(1...30))
            let dead = try await cluster.deadLetters(of: .general)
            #expect(dead.map(\.reason) == ["refused"])
            #expect(dead.map(\.detail) == ["23514"])
            let noted = try await cluster.redis.call("HGET", .text(Keys.room(.general)), "dead").text
            #expect(noted?.hasSuffix(":13") == true)
            let stored = try await cluster.stored(.general)
            #expect(stored == 30)
        }
    }

    /// A constraint that no tombstone meets either leaves a hole: the room is not behind for that.
    @Test func aRoomWhoseLastMessageIsRefusedIsNotBehind() async throws {
        try await withCluster { cluster in
            try await cluster.send("message 1", to: .general)
            try await cluster.expectDrained()
            try await cluster.postgres.query("ALTER TABLE history.messages ADD CHECK (seq < 2)")
            try await cluster.send("message 2", to: .general)
            try await cluster.expectDrained()
            let stored = try await cluster.stored(.general)
            #expect(stored == 2)
            let noted = try await cluster.redis.call("HGET", .text(Keys.room(.general)), "dead").text
            #expect(noted?.hasSuffix(":2") == true)
            let ttl = try await cluster.redis.call("TTL", .text(Keys.recent(.general))).int ?? -1
            #expect(ttl > 0)
        }
    }

    /// Who subscribes later than history tells reads it where direct messages are told too.
    @Test func whatADeadLettersSenderIsToldIsKept() async throws {
        try await withUnloved { cluster in
            try await cluster.restart()
            try await cluster.expectDrained()
            let epoch = try await cluster.redis.call("HGET", .text(Keys.room(.general)), "epoch").text ?? ""
            let kept = try await cluster.redis.call("XRANGE", .text(Keys.directNotices(.alice)), "-", "+")
            #expect(kept.array?.map { $0[1]["n"].text } == ["dead general \(epoch) 13 c-13"])
        }
    }

    /// Redis fails each time that the batch is to be acknowledged: the sender hears of the dead letter only once.
    @Test func aDeadLetterIsToldOnceHoweverOftenItsBatchIsTried() async throws {
        try await withUnloved { cluster in
            let listener = try Listener(on: cluster, channels: [Keys.userChannel(.alice)])
            let isReady = await eventually(on: cluster.loop) { listener.isReady }
            #expect(isReady)
            let letters: RedisArgument = .text(Keys.logDead(RoomID.general.partition))
            _ = try await cluster.redis.call("SET", letters, "no stream")
            try await cluster.restart()
            // Each further try finds all 29 in the archive.
            let isTried = await eventually(on: cluster.loop) {
                cluster.metric("parley_history_replays_total") >= 3 * 29
            }
            #expect(isTried)
            _ = try await cluster.redis.call("DEL", letters)
            try await cluster.expectDrained()
            let epoch = try await cluster.redis.call("HGET", .text(Keys.room(.general)), "epoch").text ?? ""
            #expect(listener.heardWithoutEntries == ["dead general \(epoch) 13 c-13"])
            listener.close()
        }
    }

    /// The sender hears of it before the room is said to be stored so far.
    @Test func theSenderOfADeadLetterIsToldFirst() async throws {
        try await withUnloved { cluster in
            let listener = try Listener(
                on: cluster,
                channels: [Keys.userChannel(.alice), Keys.storedChannel(RoomID.general.partition)])
            let isReady = await eventually(on: cluster.loop) { listener.isReady }
            #expect(isReady)
            try await cluster.restart()
            let epoch = try await cluster.redis.call("HGET", .text(Keys.room(.general)), "epoch").text ?? ""
            let isTold = await eventually(on: cluster.loop) { listener.heard.last == "general \(epoch) 30" }
            #expect(isTold)
            let heard = listener.heardWithoutEntries
            let letter = try #require(heard.firstIndex(of: "dead general \(epoch) 13 c-13"))
            let early = heard[..<letter].compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
            #expect(early.allSatisfy { $0 < 13 })
            listener.close()
        }
    }

    @Test func aTombstoneIsReadInTheDeadLettersPlace() async throws {
        try await withUnloved { cluster in
            try await cluster.restart()
            try await cluster.expectDrained()
            let recent = try await cluster.pages.page(PageRequest(room: .general))
            #expect(recent.seqs == Array(1...30))
            _ = try await cluster.redis.call("DEL", .text(Keys.recent(.general)))
            let archived = try await cluster.pages.page(PageRequest(room: .general))
            #expect(archived.messages == recent.messages)
            let tombstone = try Envelope(decoding: recent.messages[12])
            #expect(tombstone.data["deleted"] == true)
            #expect(tombstone.data["content"] == .null)
            #expect(tombstone.data["client_msg_id"] == "c-13")
            let find: JSONValue = ["room": "general", "user": "alice", "client_msg_id": "c-13"]
            let found = try await cluster.queries.answer("find", find)
            #expect(String(decoding: found, as: UTF8.self) == "{}")
            #expect(cluster.context.metrics.exposition().contains("parley_history_broken_pages_total 0"))
        }
    }

    /// Thirty messages, of which PostgreSQL refuses the thirteenth, and no history to store more than the first.
    private func withUnloved(
        _ body: nonisolated(nonsending) @escaping @Sendable (Cluster) async throws -> Void
    ) async throws {
        try await withCluster { cluster in
            try await cluster.send("message 1", to: .general)
            try await cluster.expectDrained()
            await cluster.stopHistory()
            try await cluster.postgres.query(
                "ALTER TABLE history.messages ADD CHECK (content <> 'unloved')")
            for number in 2...30 {
                let text = number == 13 ? "unloved" : "message \(number)"
                try await cluster.send(text, to: .general, key: "c-\(number)")
            }
            try await body(cluster)
        }
    }

    @Test func anotherMessageAtATakenPlaceIsAConflict() async throws {
        try await withCluster(starts: false) { cluster in
            let partition = RoomID.general.partition
            try await cluster.open([.general])
            for number in 1...3 { try await cluster.send("message \(number)", to: .general) }
            let second = try await cluster.redis.call("XRANGE", .text(Keys.recent(.general)), "2", "2")
            var impostor = try Envelope(decoding: try #require(second[0][1]["e"].bytes))
            _ = try await cluster.redis.call(
                "XADD", .text(Keys.log(partition)), "*", "e", .bytes(impostor.encoded))
            impostor.id = MessageID(milliseconds: WallClock.milliseconds())
            _ = try await cluster.redis.call(
                "XADD", .text(Keys.log(partition)), "*", "e", .bytes(impostor.encoded))
            cluster.startHistory()
            try await cluster.expectDrained()
            let seqs = try await cluster.archived(.general)
            #expect(seqs == [1, 2, 3])
            let dead = try await cluster.deadLetters(of: .general)
            #expect(dead.map(\.reason) == ["conflict"])
            #expect(cluster.context.metrics.exposition().contains("parley_history_replays_total 1"))
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
                "ALTER TABLE history.messages ADD CHECK (content <> 'unloved')")
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
}

/// What is published on some channels, in its order.
private final class Listener {
    private let subscriber: Subscriber
    private var missing: Int
    private(set) var heard: [String] = []

    init(on cluster: Cluster, channels: [String]) throws {
        subscriber = Subscriber(
            loop: cluster.loop, address: try RedisAddress(url: cluster.server.url), name: "listener")
        missing = channels.count
        for channel in channels {
            subscriber.subscribe(channel) { [weak self] in
                self?.heard.append(String(decoding: $0, as: UTF8.self))
            } onReady: { [weak self] in
                self?.missing -= 1
            }
        }
        subscriber.start()
    }

    /// What was heard, without the id that a user's notices end with.
    var heardWithoutEntries: [String] {
        heard.map { text in
            guard let space = text.lastIndex(of: " "), StreamID(text[space...].dropFirst()) != nil else {
                return text
            }
            return String(text[..<space])
        }
    }

    var isReady: Bool { missing == 0 }

    func close() { subscriber.close() }
}
