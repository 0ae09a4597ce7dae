import ArchiveFunctions
import Redis
import RoomFunctions
import Schema
import Support
import Testing

/// `log_stored` where the archive could not take something, or somebody has spoilt or deleted something.
@Suite struct ArchiveFaultTests {
    private let partition = RoomID.general.partition

    @Test func aDeadLetterIsLaidAsideAndNotedInItsRoom() async throws {
        try await onBench { bench in
            try await bench.fill(2)
            _ = try await bench.lease("one")
            let envelopes = try await bench.envelopes(Keys.recent(.general))
            _ = try await bench.stored("one", seq: 2, dead: [(2, "e1:2"), (7, "")])
            let letters = try await bench.call("XRANGE", Keys.logDead(partition), "-", "+").array ?? []
            #expect(letters.map { $0[1]["e"].text } == [envelopes[1], ""])
            #expect(letters.map { $0[1]["room"].text } == ["general", "general"])
            #expect(letters.map { $0[1]["seq"].text } == ["2", "7"])
            #expect(letters.map { $0[1]["reason"].text } == ["refused", "refused"])
            let noted = try await bench.field("dead")
            #expect(noted == "e1:2")
        }
    }

    /// As many as a batch has entries: all of them are noted before anybody hears that the room is stored so far.
    @Test func aRoomNotesItsLastThousandDeadLettersOnce() async throws {
        try await onBench { bench in
            try await bench.fill(1)
            _ = try await bench.lease("one")
            for seqs in [[1, 2, 1], Array(3...500), Array(501...1_001), [3]] {
                _ = try await bench.stored("one", seq: 0, dead: seqs.map { (Int64($0), "e1:\($0)") })
            }
            let noted = try await bench.field("dead")
            let expected = [2] + Array(4...1_001) + [3]
            #expect(noted == expected.map { "e1:\($0)" }.joined(separator: " "))
        }
    }

    @Test func aRoomThatIsGoneIsNotMadeAnew() async throws {
        try await onBench { bench in
            try await bench.fill(1)
            _ = try await bench.lease("one")
            _ = try await bench.call("DEL", Keys.room(.general))
            let reply = try await bench.stored("one", seq: 1)
            #expect(reply == .stored(left: 0))
            let exists = try await bench.call("EXISTS", Keys.room(.general))
            #expect(exists.int == 0)
        }
    }

    /// Nothing says how far it is then: what is stored goes, so that the rest is read next.
    @Test func aRoomThatIsGoneStaysUntilAllOfItIsStored() async throws {
        try await onBench { bench in
            try await bench.fill(3)
            _ = try await bench.lease("one")
            _ = try await bench.call("DEL", Keys.room(.general))
            let two = try await bench.stored("one", seq: 2)
            #expect(two == .stored(left: 1))
            let rest = try await bench.call("XRANGE", Keys.recent(.general), "-", "+")
            #expect(rest.array?.map { $0[0].text } == ["3-0"])
            let three = try await bench.stored("one", seq: 3)
            #expect(three == .stored(left: 0))
            let exists = try await bench.call("EXISTS", Keys.room(.general))
            #expect(exists.int == 0)
        }
    }

    /// What stands beyond is no message of the room, and not waited for either.
    @Test func whatHasBeenLostBelowAnythingIsNotWaitedFor() async throws {
        try await onBench { bench in
            try await bench.fill(2)
            _ = try await bench.lease("one")
            _ = try await bench.call("XDEL", Keys.recent(.general), "2-0")
            _ = try await bench.call("XADD", Keys.recent(.general), "\(UInt64.max)-0", "e", "x")
            let reply = try await bench.stored("one", seq: 1, isRead: false)
            #expect(reply == .stored(left: 0, gone: 1))
        }
    }

    /// It would hold up a 64th of all rooms.
    @Test(arguments: [
        ["HSET", Keys.room(.general), "stored", "x"], ["HSET", Keys.room(.general), "stored", "inf"],
        ["HSET", Keys.room(.general), "seq", ""], ["HSET", Keys.room(.general), "seq", "nan"],
        ["HSET", Keys.room(.general), "first", "x"], ["HSET", Keys.room(.general), "seq", "2", "first", "x"],
        ["SET", Keys.room(.general), "x"], ["SET", Keys.recent(.general), "x"],
        ["XADD", Keys.recent(.general), "\(UInt64.max)-0", "e", "x"],
    ])
    func aRoomThatIsSpoiltHoldsUpNoOther(spoil: [String]) async throws {
        try await onBench { bench in
            try await bench.fill(1)
            _ = try await bench.lease("one")
            if spoil[0] == "SET" { _ = try await bench.call("DEL", spoil[1]) }
            _ = try await bench.redis.call(spoil.map { .text($0) })
            _ = try await bench.stored("one", seq: 1, dead: [(1, "e1:1")])
            // Whoever looks once more finds nothing.
            let reply = try await bench.stored("one", seq: 1, isRead: false)
            #expect(reply[1].int == 0)
        }
    }

    @Test(arguments: ["x", "", "nan", "inf", "-1", "0.5", "1e300"])
    func aMarkThatIsNoNumberIsMendedByTheNextBatch(mark: String) async throws {
        try await onBench { bench in
            try await bench.fill(1)
            _ = try await bench.lease("one")
            _ = try await bench.call("HSET", Keys.room(.general), "stored", mark)
            _ = try await bench.stored("one", seq: 1)
            let mended = try await bench.field("stored")
            #expect(mended == "1")
        }
    }
}
