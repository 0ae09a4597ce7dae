import Engine
import Hosting
import Postgres
import Redis
import Schema
import Support
import Testing

@testable import ChatHistory

/// What the archive cannot take, over real servers: it stands alone, its sender hears of it, and its place is kept.
@Suite(.serialized) struct DeadLetterTests {
    @Test func anEntryThatCannotBeStoredDoesNotHoldUpTheRest() async throws {
        try await withCluster(starts: false) { cluster in
            try await cluster.open([.general])
            for number in 1...10 { try await cluster.send("message \(number)", to: .general) }
            try await cluster.plant(["e", "no envelope"], at: 11, of: .general)
            try await cluster.plant(["x", "y"], at: 12, of: .general)
            for number in 13...20 { try await cluster.send("message \(number)", to: .general) }
            cluster.startHistory()
            try await cluster.expectDrained()
            let seqs = try await cluster.archived(.general)
            #expect(seqs == Array(1...10) + Array(13...20))
            let stored = try await cluster.stored(.general)
            #expect(stored == 20)
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

    /// What is stored makes room: telling of a dead letter must not stand in the way.
    @Test func aDeadLetterHoldsUpNothingInAFullRedis() async throws {
        try await withUnloved { cluster in
            _ = try await cluster.redis.call("CONFIG", "SET", "maxmemory", "1")
            try await cluster.restart()
            try await cluster.expectDrained()
            let stored = try await cluster.stored(.general)
            #expect(stored == 30)
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
                "ALTER TABLE history.messages ADD CHECK (envelope NOT LIKE '%\"unloved\"%')")
            for number in 2...30 {
                let text = number == 13 ? "unloved" : "message \(number)"
                try await cluster.send(text, to: .general, key: "c-\(number)")
            }
            try await body(cluster)
        }
    }

    /// A Redis that was set back by hand, and gives places again: what stands in the archive stays.
    @Test func anotherMessageAtATakenPlaceIsAConflict() async throws {
        try await withCluster { cluster in
            for number in 1...3 { try await cluster.send("message \(number)", to: .general) }
            try await cluster.expectDrained()
            let live = try await cluster.redis.call("XRANGE", .text(Keys.recent(.general)), "2", "3")
            let second = try #require(live[0][1]["e"].bytes)
            var impostor = try Envelope(decoding: try #require(live[1][1]["e"].bytes))
            impostor.id = MessageID(milliseconds: WallClock.milliseconds())
            _ = try await cluster.redis.call("DEL", .text(Keys.recent(.general)))
            _ = try await cluster.redis.call("HSET", .text(Keys.room(.general)), "stored", "1")
            try await cluster.plant(["e", .bytes(second)], at: 2, of: .general)
            try await cluster.plant(["e", .bytes(impostor.encoded)], at: 3, of: .general)
            try await cluster.expectDrained()
            let seqs = try await cluster.archived(.general)
            #expect(seqs == [1, 2, 3])
            let dead = try await cluster.deadLetters(of: .general)
            #expect(dead.map(\.reason) == ["conflict"])
            let stored = try await cluster.stored(.general)
            #expect(stored == 3)
            #expect(cluster.context.metrics.exposition().contains("parley_history_replays_total 1"))
        }
    }
}
