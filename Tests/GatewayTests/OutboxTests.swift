import Bus
import Engine
import Redis
import Schema
import Support
import Testing

@testable import ChatGateway

/// `retry: true`: what an outbox sends again is accepted once for as long as history is kept (protocol, 4.3).
struct OutboxTests {
    private let message = #""content":"hello","client_msg_id":"k-1","retry":true"#

    static func envelope(
        content: String = #""hello""#, metadata: String = "{}",
        id: String = "01934c1e-6f2a-7b1e-9c55-0d2f6a1b7c3d"
    ) -> [UInt8] {
        let head = #"{"v":1,"epoch":"old","seq":77,"mv":1,"type":"new_message","room":"general","#
        let id = #""id":"\#(id)","ts":1763701234567,"user":"alice","#
        let data =
            #""data":{"client_msg_id":"k-1","content":\#(content),"metadata":\#(metadata),"reply_to":null}}"#
        return Array(#"{"envelope":\#(head)\#(id)\#(data)}"#.utf8)
    }

    @Test func whatNobodyKnowsIsAccepted() async throws {
        try await onSender { bench in
            let first = try await bench.send(message)
            #expect(first == "accepted 1")
            #expect(bench.questions == [["room": "general", "user": "alice", "client_msg_id": "k-1"]])
            // Redis remembers: the archive is not asked again.
            let second = try await bench.send(message)
            #expect(second == "duplicate 1")
            #expect(bench.questions.count == 1)
        }
    }

    @Test func withoutRetryOrWithoutAKeyTheArchiveIsNotAsked() async throws {
        try await onSender { bench in
            bench.archived = nil
            let plain = try await bench.send(#""content":"hello","client_msg_id":"k-1""#)
            let keyless = try await bench.send(#""content":"hello","retry":true"#)
            #expect([plain, keyless] == ["accepted 1", "accepted 2"])
        }
    }

    @Test func whatTheArchiveHasIsADuplicateThere() async throws {
        try await onSender { bench in
            bench.limit(to: 10)
            bench.archived = Self.envelope()
            let known = try await bench.send(message)
            #expect(known == "duplicate 77")
            let units = try await bench.units()
            #expect(units == 0)
            let log = try await bench.call("EXISTS", Keys.recent(.general))
            #expect(log.int == 0)
        }
    }

    /// A gateway died between a place and its notice, and Redis behind it.
    @Test(arguments: [(0, 1), (60_000, 0)] as [(Int64, Int64)])
    func ofWhatTheArchiveHasIsToldOnceAndWhileItIsNew(age: Int64, expected: Int64) async throws {
        try await onSender { bench in
            let direct = room("dm:alice_bob")
            let run = try #require(bench.redis.runID)
            try await bench.redis.load(direct, members: [("alice", "member"), ("bob", "member")], run: run)
            bench.archived = Self.envelope(id: MessageID(milliseconds: WallClock.milliseconds() - age).text)
            for _ in 1...2 {
                let outcome = await bench.send(try bench.message(message, in: direct))
                #expect(outcome == "duplicate 77")
            }
            let told = try await bench.call("XLEN", Keys.directNotices(.bob))
            #expect(told.int == expected)
        }
    }

    /// Numbers may be written in many ways; that does not make another message of them.
    @Test(arguments: [("{}", "{}"), (#"{"n":[1.0,1e2,-0.5,12345678901234567890]}"#, "as written")])
    func theArchivesFormIsNoOtherContent(sent: String, stored: String) async throws {
        try await onSender { bench in
            let data = #""content":"hello","client_msg_id":"k-1","retry":true,"metadata":\#(sent)"#
            guard
                case .object(let metadata) = JSONValue.object(
                    try bench.message(data).request.message.metadata)
            else { return }
            let written = String(decoding: JSONValue.object(metadata).encoded, as: UTF8.self)
            bench.archived = Self.envelope(metadata: stored == "as written" ? written : stored)
            let known = try await bench.send(data)
            #expect(known == "duplicate 77")
        }
    }

    @Test func anotherContentInTheArchiveIsAConflict() async throws {
        try await onSender { bench in
            bench.archived = Self.envelope(content: #""good-bye""#)
            let refused = try await bench.send(message)
            #expect(refused == "idempotency_conflict")
        }
    }

    @Test func withoutTheArchiveNothingIsAccepted() async throws {
        try await onSender { bench in
            bench.archived = nil
            let refused = try await bench.send(message)
            #expect(refused == "history_unavailable")
            let log = try await bench.call("EXISTS", Keys.recent(.general))
            #expect(log.int == 0)
        }
    }

    @Test func anArchiveThatIsKnownToBeAwayIsNotAsked() async throws {
        try await onSender { bench in
            bench.sender.recall.isArchiveAnswering = { false }
            let refused = try await bench.send(message)
            #expect(refused == "history_unavailable")
            #expect(bench.questions.isEmpty)
        }
    }

    /// What the archive lacks and Redis does not remember may be this very message.
    @Test func withAnOldMessageThatIsNotStoredNothingIsAccepted() async throws {
        try await onSender { bench in
            _ = try await bench.send(#""content":"old","client_msg_id":"k-0""#)
            try await bench.forget()
            let refused = try await bench.send(message)
            #expect(refused == "history_unavailable")
            #expect(bench.questions.isEmpty)
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "1")
            let accepted = try await bench.send(message)
            #expect(accepted == "accepted 2")
        }
    }

    @Test func aRoomThatIsNoneOfTheSendersIsDenied() async throws {
        try await onSender { bench in
            let run = try #require(bench.redis.runID)
            try await bench.redis.load(.general, members: [("bob", "member")], run: run, mv: 2)
            let refused = try await bench.send(message)
            #expect(refused == "room_denied")
            #expect(bench.questions.isEmpty)
        }
    }
}
