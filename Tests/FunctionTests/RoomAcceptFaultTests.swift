import Redis
import Schema
import Support
import Testing

@testable import RoomFunctions

/// `room_accept` where something is full or spoilt: what is refused is nowhere.
@Suite struct RoomAcceptFaultTests {
    @Test func aLogThatIsFullTakesNothing() async throws {
        try await onBench { bench in
            // What the archive lacks is looked at each hundred seqs.
            _ = try await bench.call("HSET", Keys.room(.general), "seq", "98")
            _ = try await bench.accept("one")(bench.redis)
            var call = bench.accept("two")
            call.logBytes = 10
            let full = try await call(bench.redis)
            #expect(word(full) == "overloaded")
            call.logBytes = 1 << 30
            call.most = 1
            let lagging = try await call(bench.redis)
            #expect(word(lagging) == "overloaded")
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "99")
            let again = try await call(bench.redis)
            #expect(word(again) == "ok")
        }
    }

    /// It is looked at again for each message until there is room; then by lots as before.
    @Test func aLogThatWasFullTakesSomethingOnceThereIsRoom() async throws {
        try await onBench { bench in
            let count = Keys.unstoredBytes(RoomID.general.partition)
            func send(_ text: String) async throws -> String? {
                var call = bench.accept(text)
                call.logBytes = 1 << 20
                return word(try await call(bench.redis))
            }
            _ = try await bench.call("SET", count, "\(1 << 20)")
            var heard: [String?] = []
            for text in ["one", "two"] { heard.append(try await send(text)) }
            _ = try await bench.call("DECRBY", count, "1")
            for text in ["three", "four"] { heard.append(try await send(text)) }
            #expect(heard == ["overloaded", "overloaded", "ok", "ok"])
            let entries = try await bench.call("XLEN", Keys.recent(.general))
            #expect(entries.int == 2)
        }
    }

    @Test func whatFailsOnASpoiltCountIsNowhere() async throws {
        try await onBench { bench in
            _ = try await bench.call("SET", Keys.unstoredBytes(RoomID.general.partition), "1.5")
            let refused = try? await bench.accept("one")(bench.redis)
            #expect(refused == nil)
            let places = try await bench.call(
                "EXISTS", Keys.recent(.general), Keys.unstored(RoomID.general.partition))
            #expect(places.int == 0)
            _ = try await bench.call("DEL", Keys.unstoredBytes(RoomID.general.partition))
            let reply = try await bench.accept("two")(bench.redis)
            #expect(reply[2].int == 1)
        }
    }

    @Test(arguments: [Keys.recent(.general), Keys.unstored(RoomID.general.partition)])
    func whatFailsOnASpoiltKeyIsNowhere(key: String) async throws {
        try await onBench { bench in
            _ = try await bench.call("SET", key, "neither stream nor set")
            let refused = try? await bench.accept("one")(bench.redis)
            #expect(refused == nil)
            let entries = try? await bench.call("XLEN", Keys.recent(.general))
            #expect((entries?.int ?? 0) == 0)
            let seq = try await bench.field("seq")
            #expect(seq == "0")
            let bytes = try await bench.call("GET", Keys.unstoredBytes(RoomID.general.partition))
            #expect((bytes.int ?? 0) == 0)
            _ = try await bench.call("DEL", key)
            let reply = try await bench.accept("two")(bench.redis)
            #expect(word(reply) == "ok")
        }
    }

    /// Something stands in the way of the second: the first keeps its place, and of those behind it nothing is anywhere.
    @Test func whatFailsBehindAnotherIsNowhere() async throws {
        try await onBench { bench in
            let calls = ["one", "two", "three"].map { bench.accept($0) }
            // It cannot be added before the first: by hand, with the number that the second is to get.
            _ = try await calls[0](bench.redis)
            _ = try await bench.call("XADD", Keys.recent(.general), "3-0", "e", "spoilt")
            let replies = try await calls[0].together(with: Array(calls[1...]), bench.redis).array ?? []
            #expect(replies.first.map(word) == "ok")
            #expect(replies.count == 3)
            for reply in replies.dropFirst() { #expect(throws: RedisError.self) { try reply.result.get() } }
            var log = try await bench.envelopes(Keys.recent(.general))
            #expect(log.count == 2)
            log.removeLast()
            // Nor are their keys remembered.
            _ = try await bench.call("XDEL", Keys.recent(.general), "3-0")
            _ = try await bench.call("DEL", Keys.recent(.general))
            var second = calls[1]
            second.logBytes = 10 * 1_024
            let again = try await second.together(with: [calls[2]], bench.redis)
            #expect(again.array?.map(word) == ["ok", "ok"])
            #expect(again.array?.map { $0[2].int } == [2, 3])
            // Nor their bytes counted, which these have made a lot.
            let bytes = try await bench.call("GET", Keys.unstoredBytes(RoomID.general.partition))
            #expect(bytes.int == log.reduce(0) { $0 + Int64($1.utf8.count) })
        }
    }

    /// Redis gives a user of its own no channel unless it is told to.
    @Test func whatMayNotBePublishedHasItsPlaceAllTheSame() async throws {
        try await onBench { bench in
            _ = try await bench.call("ACL", "SETUSER", "default", "resetchannels")
            let first = bench.accept("one")
            let unheard = try await first(bench.redis)
            _ = try await bench.call("ACL", "SETUSER", "default", "allchannels")
            let again = try await first(bench.redis)
            let next = try await bench.accept("two")(bench.redis)
            #expect([unheard, again, next].map(word) == ["ok", "ok", "ok"])
            #expect([unheard, again, next].map { $0[2].int } == [1, 1, 2])
        }
    }
}
