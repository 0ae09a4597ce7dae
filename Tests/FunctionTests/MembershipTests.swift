import MembershipFunctions
import Redis
import Schema
import Support
import Testing

/// Auth's copy of a room's members: older states never replace newer ones.
@Suite struct MembershipTests {
    private let keys: [RedisArgument] = [.text(Keys.room(.general)), .text(Keys.members(.general))]

    private func set(_ bench: Bench, mv: Int64, _ user: String, _ value: String, run: String? = nil)
        async throws -> Int64?
    {
        try await bench.redis.function(
            MembershipFunctions.membersSet, keys: keys,
            arguments: [.text(run ?? bench.run), .int(mv), "1", .text(user), .text(value)]
        )[0].int
    }

    private func members(_ bench: Bench) async throws -> [String] {
        try await bench.call("HGETALL", Keys.members(.general)).array?.compactMap(\.text) ?? []
    }

    @Test func aNewRoomBeginsAtOne() async throws {
        try await onBench { bench in
            let fields = try await bench.call(
                "HMGET", Keys.room(.general), "run", "first", "seq", "stored", "mv", "visibility", "loaded")
            #expect(fields.array?.map(\.text) == [bench.run, "1", "0", "0", "1", "private", bench.run])
            let epoch = try #require(try await bench.field("epoch"))
            #expect((6...12).contains(epoch.utf8.count))
            #expect(epoch.allSatisfy { $0.isASCII && ($0.isNumber || $0.isLowercase) })
        }
    }

    @Test func aRoomKnownBeforeIsNotGivenAnEpochByAuth() async throws {
        try await onBench { bench in
            _ = try await bench.call("DEL", Keys.room(.general))
            try await bench.redis.load(
                .general, members: [("alice", "member")], run: bench.run, isNew: false)
            let epoch = try await bench.field("epoch")
            #expect(epoch == nil)
            let reply = try await bench.accept()(bench.redis)
            #expect((reply[2].int ?? 0) > 1_000_000)
        }
    }

    @Test func loadingWritesAllMembersAndNoOthers() async throws {
        try await onBench { bench in
            let crowd = (0..<1_200).map { ("user-\($0)", "member") }
            try await bench.redis.load(.general, members: crowd, run: bench.run, mv: 2)
            let count = try await bench.call("HLEN", Keys.members(.general))
            #expect(count.int == 1_200)
            let alice = try await bench.call("HEXISTS", Keys.members(.general), "alice")
            #expect(alice.int == 0)
        }
    }

    @Test func anOlderLoadIsNotWrittenOverANewerState() async throws {
        try await onBench { bench in
            let changed = try await set(bench, mv: 2, "bob", "member")
            #expect(changed == 1)
            try await bench.redis.load(.general, members: [("eve", "owner")], run: bench.run, mv: 1)
            let kept = try await members(bench)
            #expect(Set(kept) == ["alice", "member", "bob"])
            // In another run auth's word counts, whatever a Redis gone back has kept.
            try await bench.redis.load(
                .general, members: [("eve", "owner")], run: "run-2", mv: 1, isNew: false)
            let replaced = try await members(bench)
            #expect(replaced == ["eve", "owner"])
        }
    }

    @Test func changesAreAppliedInTheirOrder() async throws {
        try await onBench { bench in
            var answers: [Int64?] = []
            answers.append(try await set(bench, mv: 2, "bob", "guest"))
            answers.append(try await set(bench, mv: 2, "bob", "owner"))
            answers.append(try await set(bench, mv: 1, "bob", "owner"))
            answers.append(try await set(bench, mv: 4, "bob", "owner"))
            answers.append(try await set(bench, mv: 3, "alice", ""))
            answers.append(try await set(bench, mv: 4, "eve", "member", run: "another run"))
            #expect(answers == [1, 0, 0, -1, 1, 0])
            let left = try await members(bench)
            #expect(left == ["bob", "guest"])
            let mv = try await bench.field("mv")
            #expect(mv == "3")
        }
    }

    /// What a room has of them already is not written again: it may have changed since.
    @Test func severalChangesAreOneFromWhereTheRoomStands() async throws {
        try await onBench { bench in
            let first = try await set(bench, mv: 2, "bob", "guest")
            let reply = try await bench.redis.function(
                MembershipFunctions.membersSet, keys: keys,
                arguments: [
                    .text(bench.run), "2", "3", "bob", "owner", "carol", "member", "alice", "",
                ])
            #expect(first == 1)
            #expect(reply.array?.map(\.int) == [1])
            let left = try await members(bench)
            #expect(Set(left) == ["bob", "guest", "carol", "member"])
            let mv = try await bench.field("mv")
            #expect(mv == "4")
        }
    }

    @Test func aSpoiltRoomLeavesTheOthersTheirChanges() async throws {
        try await onBench { bench in
            let names = ["spoilt", "general", "behind"].compactMap(RoomID.init)
            for room in [names[0], names[2]] {
                try await bench.redis.load(room, members: [("alice", "member")], run: bench.run, mv: 1)
            }
            _ = try await bench.call("DEL", Keys.members(names[0]))
            _ = try await bench.call("SET", Keys.members(names[0]), "no hash")
            let reply = try await bench.redis.function(
                MembershipFunctions.membersSet,
                keys: names.flatMap { [.text(Keys.room($0)), .text(Keys.members($0))] },
                arguments: [
                    .text(bench.run), "2", "1", "bob", "member", "2", "2", "bob", "member", "carol", "guest",
                    "9", "1", "bob", "member",
                ])
            guard case .error(let failure) = reply[0] else {
                Issue.record("no error of the spoilt room")
                return
            }
            #expect(failure.contains("WRONGTYPE"))
            #expect(reply[1].int == 1)
            #expect(reply[2].int == -1)
            let left = try await members(bench)
            #expect(Set(left) == ["alice", "member", "bob", "carol", "guest"])
        }
    }

    @Test func theRoomItselfChangesInTheSameOrder() async throws {
        try await onBench { bench in
            func set(_ mv: Int64, _ visibility: String) async throws -> Int64? {
                try await bench.redis.function(
                    MembershipFunctions.roomSet, keys: keys,
                    arguments: [.text(bench.run), .int(mv), .text(visibility), "guests_send"]
                ).int
            }
            let answers = [
                try await set(2, "public"), try await set(2, "private"), try await set(9, "private"),
            ]
            #expect(answers == [1, 0, -1])
            let fields = try await bench.call("HMGET", Keys.room(.general), "visibility", "policy", "mv")
            #expect(fields.array?.map(\.text) == ["public", "guests_send", "2"])
        }
    }

    /// After a failover nobody has vouched for the room yet; should the Redis before be the primary again, what was
    /// vouched for there lacks this change.
    @Test(arguments: [true, false])
    func aChangeThatIsNotWrittenEndsWhatWasVouchedFor(isOfMembers: Bool) async throws {
        try await onBench { bench in
            if isOfMembers {
                let answer = try await set(bench, mv: 2, "alice", "", run: "another run")
                #expect(answer == 0)
            } else {
                let answer = try await bench.redis.function(
                    MembershipFunctions.roomSet, keys: keys, arguments: ["another run", "2", "public", ""])
                #expect(answer.int == 0)
            }
            let loaded = try await bench.field("loaded")
            #expect(loaded == nil)
            let reply = try await bench.accept()(bench.redis)
            #expect(word(reply) == "unloaded")
        }
    }

    /// What is written is kept up to date at once, and vouched for when it is known to be as new as it must be.
    @Test func nobodyIsVouchedForBeforeTheListIsNewEnough() async throws {
        try await onBench { bench in
            func vouch(_ mv: Int64, run: String) async throws -> Int64? {
                try await bench.redis.function(
                    MembershipFunctions.roomVouch, keys: [keys[0]], arguments: [.text(run), .int(mv)]
                ).int
            }
            _ = try await bench.redis.function(MembershipFunctions.roomUnload, keys: keys, arguments: [])
            _ = try await bench.redis.function(
                MembershipFunctions.roomLoad, keys: keys,
                arguments: [.text(bench.run), "1", "private", "", "0", "alice", "member", "bob", "member"])
            let early = try await bench.accept()(bench.redis)
            #expect(word(early) == "unloaded")
            let answers = [
                try await vouch(2, run: bench.run), try await set(bench, mv: 2, "bob", ""),
                try await vouch(2, run: "another run"), try await vouch(2, run: bench.run),
                try await vouch(2, run: bench.run), try await vouch(3, run: bench.run),
            ]
            #expect(answers == [0, 1, 0, 1, 1, 0])
            let left = try await members(bench)
            #expect(left == ["alice", "member"])
            let accepted = try await bench.accept()(bench.redis)
            #expect(word(accepted) == "ok")
            // Written anew, as it was behind, it stays vouched for.
            _ = try await bench.redis.function(
                MembershipFunctions.roomLoad, keys: keys,
                arguments: [.text(bench.run), "5", "private", "", "0", "alice", "member"])
            let again = try await bench.accept("again")(bench.redis)
            #expect(word(again) == "ok")
        }
    }

    @Test func whatAnotherRunHasBegunToLoadIsForgotten() async throws {
        try await onBench { bench in
            _ = try await bench.redis.function(MembershipFunctions.roomUnload, keys: keys, arguments: [])
            _ = try await bench.redis.function(
                MembershipFunctions.roomLoad, keys: keys,
                arguments: [.text(bench.run), "1", "private", "", "0", "alice", "member"])
            let answer = try await set(bench, mv: 2, "alice", "", run: "another run")
            #expect(answer == 0)
            let vouched = try await bench.redis.function(
                MembershipFunctions.roomVouch, keys: [keys[0]], arguments: [.text(bench.run), "1"])
            #expect(vouched.int == 0)
        }
    }

    /// Who is put out must not wait for room in Redis.
    @Test func aFullRedisTakesChangesAllTheSame() async throws {
        try await onBench { bench in
            _ = try await bench.call("CONFIG", "SET", "maxmemory", "1")
            let answer = try await set(bench, mv: 2, "alice", "")
            #expect(answer == 1)
            let left = try await members(bench)
            #expect(left == [])
            let unloaded = try await bench.redis.function(
                MembershipFunctions.roomUnload, keys: keys, arguments: [])
            #expect(unloaded.int == 1)
        }
    }

    @Test func anUnloadedRoomTakesNothing() async throws {
        try await onBench { bench in
            _ = try await bench.redis.function(MembershipFunctions.roomUnload, keys: keys, arguments: [])
            let reply = try await bench.accept()(bench.redis)
            #expect(word(reply) == "unloaded")
            let seq = try await bench.field("seq")
            #expect(seq == "0")
        }
    }
}
