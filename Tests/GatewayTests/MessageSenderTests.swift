import Bus
import Engine
import PresenceFunctions
import Redis
import RoomFunctions
import Schema
import Support
import Testing

@testable import ChatGateway

/// What a sender is told when Redis is away, and that nothing happens after it was told.
struct MessageSenderTests {
    @Test func nothingAppearsAfterATimeoutWasTold() async throws {
        try await onSender { bench in
            _ = try await bench.send(#""content":"before""#)
            bench.server.freeze()
            let refused = try await bench.send(#""content":"late","client_msg_id":"k-1""#)
            #expect(refused == "timeout")
            bench.server.thaw()
            let isBack = await eventually(on: bench.loop) { bench.redis.isConnected }
            #expect(isBack)
            // Behind all that the frozen Redis still found in its sockets.
            let again = try await bench.send(#""content":"late","client_msg_id":"k-1""#)
            #expect(again == "accepted 2")
        }
    }

    /// The question for a unit is still in the socket of a connection that was given up: Redis finds it there later.
    @Test func aUnitTakenWithoutAnAnswerIsGivenBack() async throws {
        try await onSender { bench in
            bench.limit(to: 10)
            _ = try await bench.send(#""content":"before""#)
            bench.server.freeze()
            bench.redis.call(["PING"], timeoutMilliseconds: 500) { _ in }
            let refused = try await bench.send(#""content":"lost""#)
            #expect(refused == "bus_unavailable")
            bench.server.thaw()
            let isBack = await eventually(on: bench.loop) { bench.redis.isConnected }
            #expect(isBack)
            var units: [Int64] = []
            let deadline = Instant.current().advanced(byMilliseconds: 60_000)
            while units.last != 1, Instant.current() < deadline {
                units.append(try await bench.units())
                await bench.loop.sleep(milliseconds: 20)
            }
            #expect(units.last == 1)
        }
    }

    /// Its call was not answered, and is repeated: there is a unit already.
    @Test func aUnitIsTakenOnce() async throws {
        try await onSender { bench in
            bench.limit(to: 1)
            let message = try bench.message(#""content":"once""#)
            let id = message.identify(at: WallClock.milliseconds())
            message.unit = LimitUnit(id: id, user: .alice, seconds: 60)
            let taken = try await bench.redis.function(
                LimitFunctions.take, keys: [.text(Keys.limit(.alice))],
                arguments: [1, 60_000, 0, .bytes(id.bytes + Array(repeating: 0xFF, count: 6))])
            #expect(taken[0].int == 1)
            let outcome = await bench.send(message)
            #expect(outcome == "accepted 1")
        }
    }

    /// Each of a turn by its own policy, and those of a policy by one call, whoever came between them.
    @Test func theMostGenerousOfTheirRolesCounts() async throws {
        try await onSender { bench in
            bench.sender.limit.policies = LimitPolicies(
                standard: LimitPolicy(messages: 1, seconds: 60),
                roles: ["operator": LimitPolicy(messages: 3, seconds: 60)])
            let all = try ["member", "operator", "member", "operator"].map { role in
                try bench.message(#""content":"hello""#, roles: [role])
            }
            _ = try await bench.call("CONFIG", "SET", "slowlog-log-slower-than", "0")
            let outcomes = await bench.sendTogether(all)
            #expect(outcomes.map { $0.hasPrefix("accepted") } == [true, true, false, true])
            let log = try await bench.call("SLOWLOG", "GET", "-1").array ?? []
            #expect(log.count { $0[3][1].text == "limit_take" } == 2)
        }
    }

    /// It was made by the policies of before, and holds for that message only.
    @Test func aRefusalThatComesAfterTheLimitWasRaisedIsNotRemembered() async throws {
        try await onSender { bench in
            bench.limit(to: 1)
            let first = try await bench.send(#""content":"one""#)
            #expect(first == "accepted 1")
            bench.server.freeze()
            let second = try bench.message(#""content":"two""#)
            var outcome: String?
            bench.sender.send(second, in: SendLane()) { outcome = SenderBench.words($0) }
            let isAskedFor = await eventually(on: bench.loop) { second.unit != nil }
            #expect(isAskedFor)
            bench.limit(to: 5)
            bench.server.thaw()
            let isRefused = await eventually(on: bench.loop) { outcome == "limited" }
            #expect(isRefused)
            let third = try await bench.send(#""content":"three""#)
            #expect(third == "accepted 2")
        }
    }

    @Test func aSendOutlastsAShortStandstill() async throws {
        try await onSender { bench in
            bench.server.freeze()
            bench.loop.schedule(afterMilliseconds: 1_000) { bench.server.thaw() }
            let accepted = try await bench.send(#""content":"patient""#)
            #expect(accepted == "accepted 1")
        }
    }

    /// What was on its way when Redis died may stand in the archive, and in no Redis that was set back.
    @Test(arguments: [true, false]) func anotherRedisIsNotBelievedToKnowAll(isArchived: Bool) async throws {
        try await onSender { bench in
            let message = try bench.message(#""content":"once","client_msg_id":"k-1""#)
            let first = message.identify(at: WallClock.milliseconds())
            message.triedIn = "the run before"
            message.mayBeAccepted = true
            if isArchived { bench.archived = OutboxTests.envelope(content: #""once""#, id: first.text) }
            let outcome = await bench.send(message)
            #expect(bench.questions.count == 1)
            // Its own, and no duplicate of anything.
            #expect(outcome == (isArchived ? "accepted 77" : "accepted 1"))
            let entries = try await bench.call("XREVRANGE", Keys.recent(.general), "+", "-")
            let envelope = entries[0][1]["e"].text ?? ""
            #expect(envelope.isEmpty == isArchived)
            #expect(!envelope.contains(first.text))
        }
    }

    /// No code may say that a message has no place which a try without an answer may have given it.
    @Test(arguments: ["the archive is away", "Redis is full"])
    func whatMayBeAcceptedIsNeverRefusedForCertain(because reason: String) async throws {
        try await onSender { bench in
            let message = try bench.message(#""content":"once","client_msg_id":"k-1""#)
            _ = message.identify(at: WallClock.milliseconds())
            message.mayBeAccepted = true
            if reason == "Redis is full" {
                message.triedIn = bench.redis.runID
                _ = try await bench.call("CONFIG", "SET", "maxmemory", "1")
            } else {
                message.triedIn = "the run before"
                bench.archived = nil
            }
            let outcome = await bench.send(message)
            #expect(outcome == "timeout")
        }
    }

    /// Our clock is wrong by far: Redis says so, and the next try has an id of its time.
    @Test(arguments: [-60_000, 60_000] as [Int64]) func aWrongClockIsCorrected(by error: Int64) async throws {
        try await onSender { bench in
            bench.limit(to: 10)
            bench.sender.heard(WallClock.milliseconds() + error)
            let outcomes = [
                try await bench.send(#""content":"one""#), try await bench.send(#""content":"two""#),
            ]
            #expect(outcomes == ["accepted 1", "accepted 2"])
            let units = try await bench.units()
            #expect(units == 2)
        }
    }

    @Test func aMessageWithoutAKeyIsKnownUnderEachOfItsIDs() async throws {
        try await onSender { bench in
            let message = try bench.message(#""content":"hello""#)
            let first = message.identify(at: 1_000)
            let digest = message.keyDigest
            message.forgetID()
            let second = message.identify(at: 2_000)
            #expect(first != second)
            #expect(message.keyDigest == digest)
            let other = try bench.message(#""content":"hello""#)
            _ = other.identify(at: 1_000)
            #expect(other.keyDigest != digest)
        }
    }

    /// Else one sent again after Redis has forgotten its key would be told that it says something else.
    @Test(arguments: [
        #""content":"h\u00e9 \"x\" \u0001","client_msg_id":"c""#,
        #""content":"x","client_msg_id":"c","reply_to":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f""#,
        #""content":"x","metadata":{"b":[1,{"c":null}],"a":"\\"}"#,
    ])
    func whatIsInTheArchiveSaysTheSameAsWhatWasSent(data: String) async throws {
        try await onSender { bench in
            let message = try bench.message(data)
            var writer = JSONWriter()
            writer.object { message.request.message.write(to: &$0) }
            let stored = OutgoingMessage.contentDigest(of: try JSONValue(parsing: writer.bytes))
            #expect(stored == message.contentDigest)
            #expect(stored.count == 12)
            let other = try bench.message(#""content":"else""#)
            #expect(stored != other.contentDigest)
        }
    }

    /// A try that was given up as lost comes through after Redis has asked for an id of its own time.
    @Test func aTryThatWasGivenUpIsKnownAgainWithoutAKeyToo() async throws {
        try await onSender { bench in
            let message = try bench.message(#""content":"hello""#)
            let now = WallClock.milliseconds()
            let lost = RoomCalls.Try(message: message, id: message.identify(at: now), notAfter: now + 5_000)
            let reply = try await bench.accept(lost)
            #expect(reply[0].text?.hasSuffix(":1") == true)
            message.forgetID()
            let sent = await bench.send(message)
            #expect(sent == "accepted 1")
            let length = try await bench.call("XLEN", Keys.recent(.general))
            #expect(length.int == 1)
        }
    }

    /// A gateway died between a place and its notice; what is older than anybody's resend is not told of again.
    @Test(arguments: [(0, 1), (60_000, 0)] as [(Int64, Int64)])
    func ofADuplicateIsToldOnceAndWhileItIsNew(age: Int64, expected: Int64) async throws {
        try await onSender { bench in
            let direct = room("dm:alice_bob")
            let run = try #require(bench.redis.runID)
            try await bench.redis.load(direct, members: [("alice", "member"), ("bob", "member")], run: run)
            let data = #""content":"psst","client_msg_id":"k-1""#
            let first = try bench.message(data, in: direct)
            let now = WallClock.milliseconds()
            _ = try await bench.accept(
                RoomCalls.Try(message: first, id: first.identify(at: now), notAfter: now + 5_000))
            bench.sender.heard(now + age)
            for _ in 1...3 {
                let outcome = await bench.send(try bench.message(data, in: direct))
                #expect(outcome == "duplicate 1")
            }
            let told = try await bench.call("XLEN", Keys.directNotices(.bob))
            #expect(told.int == expected)
        }
    }

    @Test func whoIsAtTheLimitStillHearsOfADuplicate() async throws {
        try await onSender { bench in
            bench.limit(to: 1)
            let message = #""content":"once","client_msg_id":"k-1""#
            var outcomes: [String] = []
            for data in [message, #""content":"more""#, message, message.replacing("once", with: "other")] {
                outcomes.append(try await bench.send(data))
            }
            #expect(outcomes == ["accepted 1", "limited", "duplicate 1", "idempotency_conflict"])
        }
    }

    @Test(arguments: ["the limit", "a full Redis"])
    func oneWhoIsRefusedMuchCostsRedisLittle(by reason: String) async throws {
        try await onSender { bench in
            bench.limit(to: 1)
            let before = try await bench.sendTogether([#""content":"a""#, #""content":"b""#])
            #expect(before == ["accepted 1", "limited"])
            if reason != "the limit" { _ = bench.busMemory.heard(.init(used: 90, most: 100)) }
            let most = DuplicateQuestions.mostPerSecond
            // What a function calls stands there too.
            _ = try await bench.call("CONFIG", "SET", "slowlog-max-len", "10000")
            _ = try await bench.call("CONFIG", "SET", "slowlog-log-slower-than", "0")
            _ = try await bench.sendTogether(
                (0..<4 * most).map { #""content":"x","client_msg_id":"k-\#($0)""# })
            let log = try await bench.call("SLOWLOG", "GET", "-1").array ?? []
            let questions = log.count { $0[3][1].text == "room_seen" }
            // Two seconds may have a part in it.
            #expect((most...2 * most).contains(questions))
        }
    }

    @Test func oneWhoSendsMuchAgainKeepsNobodyWaitingForTheArchive() async throws {
        try await onSender { bench in
            let run = try #require(bench.redis.runID)
            try await bench.redis.load(
                .general, members: [("alice", "member"), ("bob", "member")], run: run)
            try await bench.forget()
            let all = 2 * SendArchive.mostQuestions
            var messages = try (0..<all).map { try bench.message(again("a\($0)")) }
            messages.append(try bench.message(again("b"), of: .bob))
            let outcomes = await bench.sendTogether(messages)
            #expect(outcomes.allSatisfy { $0.hasPrefix("accepted") })
            let place = bench.questions.firstIndex { $0["user"] == .string("bob") }
            // All of those that found a place, and no more than one of those that waited.
            #expect(try #require(place) <= SendArchive.mostQuestions + 1)
        }
    }

    private func again(_ key: String) -> String {
        #""content":"x","client_msg_id":"\#(key)","retry":true"#
    }
}
