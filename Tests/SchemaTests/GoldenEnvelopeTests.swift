import Foundation
import Schema
import Testing

/// The fixtures are the contract: a change of the wire changes a file under `Tests/Fixtures/envelopes`.
@Suite struct GoldenEnvelopeTests {
    @Test("What we write is the golden envelope, byte for byte", arguments: try samples())
    func writes(sample: Sample) throws {
        let golden = try Golden.read(sample.type)
        #expect(String(decoding: sample.bytes, as: UTF8.self) == golden)
    }

    @Test(
        "Every golden envelope can be read back, and is named after its type", arguments: try Golden.types())
    func reads(type: EventType) throws {
        let golden = Array(try Golden.read(type).utf8)
        #expect(try Envelope(decoding: golden).type == type)
        #expect(try JSONDecoder().decode(Envelope.self, from: Data(golden)).type == type)
        let head = EnvelopeHead(reading: golden)
        #expect(head == nil || head?.type == type)
    }

    @Test("Every golden envelope is written by a sample")
    func complete() throws {
        #expect(Set(try samples().map(\.type)) == Set(try Golden.types()))
    }

    @Test("A logged envelope survives decoding and encoding")
    func roundTrip() throws {
        let golden = try Golden.read(.newMessage)
        let envelope = try Envelope(decoding: Array(golden.utf8))
        #expect(envelope.position == LogPosition(epoch: "8h2k", seq: 42))
        #expect(envelope.mv == 7)
        #expect(envelope.data["metadata"]?["n"] == [1, 2.5, nil, true])
        #expect(try Envelope(decoding: envelope.encoded) == envelope)
        #expect(EnvelopeHead(reading: envelope.encoded) == EnvelopeHead(reading: Array(golden.utf8)))
    }

    @Test(
        "A broken envelope is refused",
        arguments: [
            ("[]", .invalidJSON), ("{}", .invalidField("type")), (#"{"type":"nonsense"}"#, .unknownType),
            (#"{"type":"pong","room":"A"}"#, .invalidField("room")),
            (#"{"type":"pong","seq":"1"}"#, .invalidField("seq")),
            (#"{"type":"pong","v":1e300}"#, .invalidField("v")),
            (#"{"type":"pong","ts":true}"#, .invalidField("ts")),
        ] as [(String, SchemaError)])
    func refused(text: String, error: SchemaError) {
        #expect(throws: error) { try Envelope(decoding: Array(text.utf8)) }
    }
}

enum Golden {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/envelopes")

    static func types() throws -> [EventType] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .map { try #require(EventType(rawValue: String($0.dropLast(".json".count)))) }
    }

    /// The envelope of a type, without the line's end.
    static func read(_ type: EventType) throws -> String {
        let file = folder.appending(path: "\(type.rawValue).json")
        return String(try String(contentsOf: file, encoding: .utf8).dropLast())
    }
}

struct Sample: CustomTestStringConvertible {
    let type: EventType
    let bytes: [UInt8]

    var testDescription: String { type.rawValue }
}

private func samples() throws -> [Sample] {
    let room = try #require(RoomID("general"))
    let alice = try #require(UserHandle("alice"))
    let bob = try #require(UserHandle("bob"))
    return try messages(room, alice) + session(alice) + rooms(room, alice) + presence(room, alice, bob)
}

/// The id of a frame that was sent with this one.
private func replyID(_ json: String) throws -> ReplyID {
    try #require(try ClientFrame(decoding: Array(#"{"type":"ping","id":\#(json)}"#.utf8)).replyID)
}

private func frame(
    _ payload: some Payload, replyTo id: String? = nil, room: RoomID? = nil, user: UserHandle? = nil
) throws -> Sample {
    let bytes = ServerFrame.bytes(payload, replyTo: try id.map(replyID), room: room, user: user)
    return Sample(type: payload.type, bytes: bytes)
}

private func messages(_ room: RoomID, _ alice: UserHandle) throws -> [Sample] {
    let id = try #require(MessageID("01934c1e-6f2a-7b1e-9c55-0d2f6a1b7c3d"))
    let key = try #require(ClientMessageID("c-1"))
    let position = LogPosition(epoch: "8h2k", seq: 42)
    let message = NewMessage(
        content: "hello \"world\"\n</b> héllo", clientMessageID: key,
        metadata: ["n": [1, 2.5, nil, true], "lang": "en"])
    let tail = EnvelopeTail.bytes(message, room: room, id: id, user: alice)
    let sent = MessageReceipt.sent(key, id: id, at: position, isDuplicate: false)
    let again = MessageReceipt.sent(nil, id: id, at: position, isDuplicate: true)
    let page = (1...2).map { EnvelopeTail.complete(tail, at: LogPosition(epoch: "8h2k", seq: $0), mv: 7) }
    return [
        Sample(type: .newMessage, bytes: EnvelopeTail.complete(tail, at: position, mv: 7)),
        try frame(sent, replyTo: "\"m\"", room: room),
        try frame(again.stored, replyTo: "\"m\"", room: room),
        try frame(
            MessageError(.overloaded, clientMessageID: key, retryAfterMilliseconds: 2_000), replyTo: "\"m\"",
            room: room),
        try frame(
            RateLimitExceeded(
                scope: .user, messagesSent: 10, maxMessages: 10, retryAfterMilliseconds: 41_001,
                clientMessageID: key), room: room),
        try frame(
            HistoryPage(messages: page, nextBefore: nil, nextAfter: 2, isComplete: true), replyTo: "7",
            room: room),
    ]
}

private func session(_ alice: UserHandle) throws -> [Sample] {
    let connected = Connected(
        connectionID: "k1", name: "Alice", gateway: "gateway-1", serverTime: 1_763_701_234_567,
        heartbeatSeconds: 25, tokenExpiresAt: 1_763_702_134_000, limits: Limits(),
        rooms: try ["general", "dm:alice_bob"].map { try #require(RoomID($0)) })
    let pong = Pong(["text": "x", "n": 1, "server_time": 5], serverTime: 1_763_701_234_567)
    return [
        try frame(connected, user: alice),
        try frame(Authenticated(tokenExpiresAt: 1_763_702_134_000), replyTo: "\"a-1\"", user: alice),
        try frame(TokenExpiring(seconds: 60)),
        try frame(ServiceDegraded(.bus)),
        try frame(ServiceRestored(.bus)),
        try frame(ServerDraining(reconnectAfterMilliseconds: 1_500)),
        try frame(pong, replyTo: "1.0"),
        try frame(Failure(.invalidField, field: "room"), replyTo: "7"),
        try frame(Bare(.ok), replyTo: "7"),
    ]
}

private func rooms(_ room: RoomID, _ alice: UserHandle) throws -> [Sample] {
    let last = LogPosition(epoch: "8h2k", seq: 42)
    let bare: [EventType] = [.userJoined, .userLeft, .userTyping, .userStoppedTyping]
    return try [
        frame(Joined(at: last, role: "member", recovered: true, online: 3), replyTo: "7", room: room),
        frame(Left(.roomDeleted), room: room, user: alice),
        frame(Gap(epoch: "8h2k", seqs: 43...50), room: room),
        frame(RoomEpoch(first: LogPosition(epoch: "9j3m", seq: 27_965_634_001), previous: last), room: room),
    ] + bare.map { try frame(Bare($0), room: room, user: alice) }
}

private func presence(_ room: RoomID, _ alice: UserHandle, _ bob: UserHandle) throws -> [Sample] {
    let online = PresenceEntry(alice, .online)
    let away = PresenceEntry(bob, .away, lastSeen: 1_763_701_234_567, text: "lunch")
    return [
        try frame(PresenceChange(PresenceEntry(bob, .offline, lastSeen: 1_763_701_234_567)), user: bob),
        try frame(
            PresenceList(users: [online, away], online: 1, isComplete: true), replyTo: "7", room: room),
    ]
}
