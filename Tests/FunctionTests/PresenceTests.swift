import PresenceFunctions
import Redis
import Schema
import Support
import Testing

/// Who is where: only the first and the last are told.
@Suite struct PresenceTests {
    private func devices(_ bench: Bench, _ incarnation: String, _ count: Int64, at ms: Int64 = 0) async throws
        -> String
    {
        let reply = try await bench.redis.function(
            PresenceFunctions.deviceSet, keys: [.text(Keys.devices(.alice))],
            arguments: [.text(incarnation), .int(count), .int(ms)])
        return "\(reply[0].text ?? "?") \(reply[1].int ?? -1)"
    }

    private func online(_ bench: Bench, _ user: String, _ incarnation: String, _ count: Int64) async throws
        -> String
    {
        let reply = try await bench.redis.function(
            PresenceFunctions.onlineSet,
            keys: [.text(Keys.online(.general)), .text(Keys.roomChannel(.general))],
            arguments: [.text(user), .text(incarnation), .int(count), "joined", "left"])
        return "\(reply[0].text ?? "?") \(reply[1].int ?? -1)"
    }

    @Test func theDevicesOfAUserAddUpOverGateways() async throws {
        try await onBench { bench in
            var heard: [String] = []
            for (incarnation, count) in [
                ("g1", 1), ("g1", 2), ("g2", 1), ("g1", 0), ("g1", 0), ("g2", 0), ("g2", 0),
            ] {
                heard.append(try await devices(bench, incarnation, Int64(count)))
            }
            #expect(heard == ["first 1", " 2", " 3", " 1", " 1", "last 0", " 0"])
        }
    }

    @Test(arguments: [0, 1_700_000_000_000] as [Int64]) func theLastOneLeavesATime(ms: Int64) async throws {
        try await onBench { bench in
            _ = try await devices(bench, "g1", 1)
            _ = try await devices(bench, "g1", 0, at: ms)
            let seen = try await bench.call("HGET", Keys.devices(.alice), "last_seen").int ?? 0
            #expect(ms == 0 ? abs(seen - bench.now) < 5_000 : seen == ms)
            let back = try await devices(bench, "g2", 1)
            #expect(back == "first 1")
        }
    }

    /// When somebody who has gone was last seen is remembered for as long as in the status copy.
    @Test func whoHasGoneIsForgottenAfterThirtyDays() async throws {
        try await onBench { bench in
            var left: [Int64?] = []
            for count in [1, 0, 2] as [Int64] {
                _ = try await devices(bench, "g1", count)
                left.append(try await bench.call("PTTL", Keys.devices(.alice)).int)
            }
            let month: Int64 = 30 * 86_400_000
            #expect(left[0] == -1 && left[2] == -1)
            #expect((month - 60_000...month).contains(left[1] ?? 0))
        }
    }

    @Test func aRoomCountsPeopleRatherThanDevices() async throws {
        try await onBench { bench in
            var heard: [String] = []
            let steps = [
                ("alice", "g1", 1), ("alice", "g1", 3), ("alice", "g2", 1), ("bob", "g1", 1),
                ("alice", "g1", 0),
                ("alice", "g2", 0), ("alice", "g2", 0), ("bob", "g1", 0),
            ]
            for (user, incarnation, count) in steps {
                heard.append(try await online(bench, user, incarnation, Int64(count)))
            }
            #expect(heard == ["first 1", " 1", " 1", "first 2", " 2", "last 1", " 1", "last 0"])
            let exists = try await bench.call("EXISTS", Keys.online(.general))
            #expect(exists.int == 0)
        }
    }

    @Test func lessThanNoneIsNone() async throws {
        try await onBench { bench in
            let heard = [try await devices(bench, "g1", -5), try await online(bench, "alice", "g1", -5)]
            #expect(heard == [" 0", " 0"])
        }
    }
}

/// The message limit: an exact sliding window.
@Suite struct LimitTests {
    private let key: RedisArgument = .text(Keys.limit(.alice))

    private func take(
        _ bench: Bench, _ id: String, most: Int64, window: Int64 = 60_000, isAskedAgain: Bool = false
    )
        async throws -> [Int64]
    {
        let reply = try await bench.redis.function(
            LimitFunctions.take, keys: [key],
            arguments: LimitCall.arguments([id], most: most, window: window, isAskedAgain: isAskedAgain))
        return reply[0].array?.compactMap(\.int) ?? [reply[0].int ?? -2]
    }

    /// As it would stand there, taken so long ago.
    private func add(_ bench: Bench, _ id: String, age: Int64) async throws {
        _ = try await bench.redis.call("RPUSH", key, LimitCall.unit(id, at: bench.now - age))
    }

    private func look(_ bench: Bench, most: Int64, window: Int64 = 60_000) async throws -> [Int64] {
        let reply = try await bench.redis.function(
            LimitFunctions.look, keys: [key], arguments: [.int(most), .int(window)])
        return reply.array?.compactMap(\.int) ?? []
    }

    @Test func soManyPassAndNoMore() async throws {
        try await onBench { bench in
            var heard: [[Int64]] = []
            for number in 1...4 { heard.append(try await take(bench, "m\(number)", most: 3)) }
            #expect(heard.prefix(3) == [[1], [1], [1]])
            #expect(heard[3].prefix(2) == [0, 3])
            #expect((55_000...60_000).contains(heard[3][2]))
        }
    }

    @Test func oneThatComesTooLateTakesNothing() async throws {
        try await onBench { bench in
            let reply = try await bench.redis.function(
                LimitFunctions.take, keys: [key],
                arguments: LimitCall.arguments(["m1"], most: 3, notAfter: bench.now - 1_000))
            #expect(reply[0][0].int == -1)
            #expect(abs((reply[0][1].int ?? 0) - bench.now) < 5_000)
            // Of several that one alone: each has its own time, and the call the least of them.
            var arguments = LimitCall.arguments(["m2", "m3"], most: 3, notAfter: bench.now - 1_000)
            arguments[4] = LimitCall.arguments(["m3"], most: 3, notAfter: bench.now + 60_000)[3]
            let both = try await bench.redis.function(
                LimitFunctions.take, keys: [key, .text(Keys.limit(.bob))], arguments: arguments)
            #expect(both[0][0].int == -1)
            #expect(both[1].int == 1)
            let used = try await look(bench, most: 3)
            #expect(used[1] == 0)
        }
    }

    /// Each is answered by its own count, in order; one whose key is spoilt is no reason to refuse the others.
    @Test func unitsOfSeveralAreTakenInOneCall() async throws {
        try await onBench { bench in
            _ = try await bench.call("SET", Keys.limit(.bob), "no set")
            let keys: [RedisArgument] = [key, .text(Keys.limit(.bob)), key, key]
            let replies = try await bench.redis.function(
                LimitFunctions.take, keys: keys,
                arguments: LimitCall.arguments((1...4).map { "m\($0)" }, most: 2))
            #expect(replies[0].int == 1)
            #expect(throws: RedisError.self) { try replies[1].result.get() }
            #expect(replies[2].int == 1)
            #expect(replies[3].array?.prefix(2).compactMap(\.int) == [0, 2])
        }
    }

    @Test func theSameMessageIsCountedOnce() async throws {
        try await onBench { bench in
            let first = try await take(bench, "m1", most: 1)
            let again = try await take(bench, "m1", most: 1, isAskedAgain: true)
            #expect(first == [1])
            #expect(again == [1])
            let used = try await look(bench, most: 1)
            #expect(used[1] == 1)
            // Asked for before, and not taken then: it is taken now.
            let lost = try await take(bench, "m2", most: 2, isAskedAgain: true)
            let over = try await take(bench, "m3", most: 2)
            #expect(lost == [1])
            #expect(over.first == 0)
        }
    }

    /// It is looked for among all that were taken since: of a user who may send much these are many.
    @Test func aUnitIsFoundBehindManyOthers() async throws {
        try await onBench { bench in
            for number in 1...100 { _ = try await take(bench, "m\(number)", most: 1_000) }
            let again = try await take(bench, "m1", most: 1_000, isAskedAgain: true)
            let returned = try await bench.redis.function(
                LimitFunctions.giveBack, keys: [key], arguments: [.bytes(LimitCall.id("m2"))])
            let strange = try await bench.redis.function(
                LimitFunctions.giveBack, keys: [key], arguments: [.bytes(LimitCall.id("m2"))])
            #expect(again == [1])
            #expect([returned.int, strange.int] == [1, 0])
            // So is one whose id is of a clock that was ahead.
            let ahead = LimitCall.id("m101", isAhead: true)
            let time = LimitCall.arguments([""], most: 1)[2]
            let taken = try await bench.redis.function(
                LimitFunctions.take, keys: [key],
                arguments: [1_000, 60_000, time, .bytes(ahead + Array(repeating: 0xFF, count: 6))])
            _ = try await take(bench, "m102", most: 1_000)
            let given = try await bench.redis.function(
                LimitFunctions.giveBack, keys: [key], arguments: [.bytes(ahead)])
            #expect([taken[0].int, given.int] == [1, 1])
            let used = try await look(bench, most: 1_000)
            #expect(used[1] == 100)
        }
    }

    /// Each unit counts for the whole window, and the key goes by itself some time later.
    @Test func theKeyOutlivesItsUnits() async throws {
        try await onBench { bench in
            for (left, expected) in [
                (nil, 110_000...120_000), (61_000, 59_000...61_000), (59_000, 110_000...120_000),
            ] {
                if let left { _ = try await bench.redis.call("PEXPIRE", key, .int(Int64(left))) }
                _ = try await take(bench, "\(left ?? 0)", most: 10)
                let ttl = try await bench.call("PTTL", Keys.limit(.alice))
                #expect(expected.contains(Int(ttl.int ?? 0)))
            }
        }
    }

    @Test func whatIsGivenBackCanBeTakenAgain() async throws {
        try await onBench { bench in
            _ = try await take(bench, "m1", most: 1)
            let returned = try await bench.redis.function(
                LimitFunctions.giveBack, keys: [key], arguments: [.bytes(LimitCall.id("m1"))])
            #expect(returned.int == 1)
            let next = try await take(bench, "m2", most: 1)
            #expect(next == [1])
        }
    }

    @Test func whatIsOlderThanTheWindowCountsNoMore() async throws {
        try await onBench { bench in
            try await add(bench, "m1", age: 61_000)
            let looked = try await look(bench, most: 1)
            #expect(looked == [1, 0, 0])
            let next = try await take(bench, "m2", most: 1)
            #expect(next == [1])
        }
    }

    /// Below a high limit nobody looks at how old the units are, but a key must not grow by all that are ever sent.
    @Test func whatIsOlderThanTheWindowIsSweptOut() async throws {
        try await onBench { bench in
            for number in 1...90 { try await add(bench, "old\(number)", age: 61_000) }
            for number in 1...10 { _ = try await take(bench, "m\(number)", most: 1_000) }
            let kept = try await bench.call("LLEN", Keys.limit(.alice))
            #expect(kept.int == 10)
        }
    }

    @Test func aStricterPolicyWaitsForTheOneThatMakesRoom() async throws {
        try await onBench { bench in
            for (number, age) in [50_000, 40_000, 30_000, 20_000].enumerated() {
                try await add(bench, "m\(number)", age: Int64(age))
            }
            let strict = try await look(bench, most: 2)
            #expect(strict.prefix(2) == [0, 4])
            // Three of the four must leave: the third goes 30 s from now.
            #expect((27_000...31_000).contains(strict[2]))
            let taken = try await take(bench, "m9", most: 2)
            #expect(taken.prefix(2) == [0, 4])
            #expect((27_000...31_000).contains(taken[2]))
        }
    }

    @Test func lookingTakesNothing() async throws {
        try await onBench { bench in
            for _ in 0..<3 {
                let looked = try await look(bench, most: 1)
                #expect(looked == [1, 0, 0])
            }
            let exists = try await bench.call("EXISTS", Keys.limit(.alice))
            #expect(exists.int == 0)
        }
    }
}
