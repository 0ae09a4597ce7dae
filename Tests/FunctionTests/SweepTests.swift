import ArchiveFunctions
import Redis
import Schema
import Support
import Testing

/// `log_sweep`: which logs are forgotten, and when.
@Suite struct SweepTests {
    private let partition = RoomID.general.partition

    private func noted(_ bench: Bench) async throws -> [String] {
        let names = try await bench.call("ZRANGE", Keys.logs(partition), "0", "-1").array ?? []
        return names.compactMap(\.text)
    }

    /// A room that has said something, of which all is stored, and that was looked at since.
    private func settle(_ bench: Bench) async throws {
        try await bench.fill(2)
        _ = try await bench.lease("one")
        _ = try await bench.stored("one", seq: 2)
        try await bench.sweep()
        let hasLog = try await bench.hasLog()
        #expect(hasLog)
    }

    @Test func aRoomThatIsSilentFromOneLookToTheNextForgetsItsLog() async throws {
        try await onBench { bench in
            try await settle(bench)
            let reply = try await bench.sweep()
            #expect(reply == .array([.bulk(Array("ok".utf8)), .integer(1)]))
            let hasLog = try await bench.hasLog()
            #expect(!hasLog)
            var names = try await noted(bench)
            #expect(names == [])
            // The next message is the first of a log again.
            _ = try await bench.accept("next")(bench.redis)
            names = try await noted(bench)
            #expect(names == ["general"])
            let newest = try await bench.envelopes(Keys.recent(.general))
            #expect(newest.count == 1)
        }
    }

    /// What is forgotten makes room: Redis must not refuse that.
    @Test func aFullRedisForgetsAllTheSame() async throws {
        try await onBench { bench in
            try await bench.fill(2)
            _ = try await bench.lease("one")
            _ = try await bench.stored("one", seq: 2)
            _ = try await bench.call("CONFIG", "SET", "maxmemory", "1")
            for isThere in [true, false] {
                try await bench.sweep()
                let hasLog = try await bench.hasLog()
                #expect(hasLog == isThere)
            }
        }
    }

    @Test func aRoomThatSpeaksIsLookedAtAgain() async throws {
        try await onBench { bench in
            try await settle(bench)
            _ = try await bench.accept("3")(bench.redis)
            _ = try await bench.stored("one", seq: 3)
            for isThere in [true, false] {
                try await bench.sweep()
                let hasLog = try await bench.hasLog()
                #expect(hasLog == isThere)
            }
        }
    }

    @Test func whatTheArchiveLacksStays() async throws {
        try await onBench { bench in
            try await settle(bench)
            _ = try await bench.accept("3")(bench.redis)
            for _ in 0..<3 { try await bench.sweep() }
            let hasLog = try await bench.hasLog()
            #expect(hasLog)
        }
    }

    /// A room that is in history's charge stays, whatever its hash says.
    @Test(arguments: [["DEL"], ["HSET", "stored", "3"]])
    func whatHistoryStillHasToLookAtStays(spoil: [String]) async throws {
        try await onBench { bench in
            try await settle(bench)
            _ = try await bench.accept("3")(bench.redis)
            let command = [spoil[0], Keys.room(.general)] + spoil.dropFirst()
            _ = try await bench.redis.call(command.map { .text($0) })
            for _ in 0..<3 { try await bench.sweep() }
            let hasLog = try await bench.hasLog()
            #expect(hasLog)
        }
    }

    /// Somebody has deleted the set: a room that has fallen silent would never come in again.
    @Test func whatNobodyHasInChargeIsToBeStored() async throws {
        try await onBench { bench in
            try await settle(bench)
            _ = try await bench.accept("3")(bench.redis)
            _ = try await bench.call("DEL", Keys.unstored(partition))
            try await bench.sweep()
            let waiting = try await bench.waitingSince()
            #expect(waiting != nil)
        }
    }

    @Test func aRoomIsNotLookedAtBeforeItsTime() async throws {
        try await onBench { bench in
            try await bench.fill(1)
            _ = try await bench.lease("one")
            _ = try await bench.stored("one", seq: 1)
            // When it was looked at before; a look is its last until the next is due.
            for (ago, looks) in [(Int64(500_000), [0]), (700_000, [1, 0]), (500_000, [0]), (700_000, [1])] {
                _ = try await bench.call("ZADD", Keys.logs(partition), "\(bench.now - ago)", "general")
                for count in looks {
                    let reply = try await bench.sweep(seconds: 600)
                    #expect(reply[1].int == Int64(count))
                }
            }
            let hasLog = try await bench.hasLog()
            #expect(!hasLog)
        }
    }

    /// A clock that was ahead has said that it was looked at later.
    @Test func whoSpeaksIsDueFromNowOn() async throws {
        try await onBench { bench in
            _ = try await bench.call("ZADD", Keys.logs(partition), "99999999999999", "general")
            try await bench.fill(1)
            let due = try await bench.call("ZSCORE", Keys.logs(partition), "general")
            // What Redis' clock shows is known here as exactly as an answer is quick.
            #expect(abs((due.int ?? 0) - bench.now) < 5_000)
            _ = try await bench.call("ZADD", Keys.logs(partition), "1", "general")
            _ = try await bench.call("HDEL", Keys.room(.general), "ready")
            _ = try await bench.accept("2")(bench.redis)
            let same = try await bench.call("ZSCORE", Keys.logs(partition), "general")
            #expect(same.int == 1)
        }
    }

    /// A room that Redis did not know any more has a seq by the clock, and nothing that was stored.
    @Test func whereNothingStandsThereNothingIsToBeStored() async throws {
        try await onBench { bench in
            _ = try await bench.lease("one")
            _ = try await bench.call("HSET", Keys.room(.general), "seq", "60000000000")
            _ = try await bench.call("ZADD", Keys.logs(partition), "1", "general")
            for names in [["general"], []] {
                try await bench.sweep()
                let waiting = try await bench.waitingSince()
                #expect(waiting == nil)
                let left = try await noted(bench)
                #expect(left == names)
            }
        }
    }

    /// Two faults: neither the set nor the hash tells of what the archive lacks, so the log itself does.
    @Test(arguments: [["DEL"], ["HDEL", "seq"], ["SET", "x"]])
    func aLogThatNothingTellsOfIsNotForgotten(spoil: [String]) async throws {
        try await onBench { bench in
            try await settle(bench)
            _ = try await bench.accept("3")(bench.redis)
            _ = try await bench.call("DEL", Keys.unstored(partition))
            let command = [spoil[0], Keys.room(.general)] + spoil.dropFirst()
            _ = try await bench.redis.call(command.map { .text($0) })
            try await bench.sweep()
            let hasLog = try await bench.hasLog()
            #expect(hasLog)
            let waiting = try await bench.waitingSince()
            #expect(waiting != nil)
            // Once nothing stands there, it can go.
            _ = try await bench.call("DEL", Keys.unstored(partition), Keys.recent(.general))
            try await bench.sweep()
            let names = try await noted(bench)
            #expect(names == [])
        }
    }

    @Test func noMoreAreLookedAtThanAsked() async throws {
        try await onBench { bench in
            _ = try await bench.lease("one")
            for number in 1...7 {
                _ = try await bench.call("ZADD", Keys.logs(partition), "1", "gone-\(number)")
            }
            for count: Int64 in [3, 3, 1, 0] {
                let reply = try await bench.sweep(most: 3)
                #expect(reply[1].int == count)
            }
        }
    }

    @Test func withoutTheLeaseNothingIsForgotten() async throws {
        try await onBench { bench in
            try await settle(bench)
            _ = try await bench.call("SET", Keys.logLease(partition), "two")
            let reply = try await bench.sweep()
            #expect(word(reply) == "lost")
            let hasLog = try await bench.hasLog()
            #expect(hasLog)
        }
    }

    /// Neither the set nor a room that somebody has spoilt keeps others from being forgotten.
    @Test func whatIsSpoiltHoldsUpNothing() async throws {
        try await onBench { bench in
            try await settle(bench)
            _ = try await bench.call("SET", Keys.room(.general).replacing("general", with: "b"), "x")
            _ = try await bench.call("ZADD", Keys.logs(partition), "1", "b")
            try await bench.sweep()
            let hasLog = try await bench.hasLog()
            #expect(!hasLog)
            _ = try await bench.call("SET", Keys.logs(partition), "x")
            let reply = try await bench.sweep()
            #expect(reply[1].int == 0)
            let exists = try await bench.call("EXISTS", Keys.logs(partition))
            #expect(exists.int == 0)
        }
    }
}
