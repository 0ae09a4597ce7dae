import Bus
import Engine
import Hosting
import PresenceFunctions
import Redis
import RoomFunctions
import Schema
import Support
import Testing

@testable import ChatGateway

/// A private Redis, a sender of messages as a gateway has it, and an archive that answers as the test wants.
final class SenderBench {
    let loop: EventLoop
    let server: RedisServer
    let redis: RedisClient
    let sender: MessageSender
    let calls: RoomCalls
    let metrics = GatewayMetrics(Registry())
    let busMemory: BusMemory
    /// What the archive answers; nil: it is not there.
    var archived: [UInt8]? = Array("{}".utf8)
    /// What it has been asked.
    private(set) var questions: [JSONValue] = []

    private let rpc: RPCClient
    private var archive: RPCServer?

    init(loop: EventLoop, server: RedisServer, replicas: Int = 0) throws {
        self.loop = loop
        self.server = server
        let address = try RedisAddress(url: server.url)
        redis = RedisClient(loop: loop, address: address, name: "sender", libraries: [LimitFunctions.library])
        rpc = RPCClient(loop: loop, address: address, name: "sender", redis: redis, replyID: "sender.1")
        calls = RoomCalls(
            bounds: .init(recentKeep: 1_000, recentMax: 20_000, logMaxBytes: 1 << 30, seenMax: 1_000_000)
        ) { _ in 0 }
        busMemory = BusMemory(metrics: metrics)
        sender = MessageSender(
            loop: loop, redis: redis, directory: RoomDirectory(redis: redis, rpc: rpc),
            archive: SendArchive(loop: loop, rpc: rpc), calls: calls,
            replicas: replicas > 0
                ? ReplicaAcks(
                    needed: replicas, loop: loop, address: address, name: "sender", incarnation: "sender.1",
                    tooFew: metrics.tooFewReplicas) : nil,
            backlog: SendBacklog(.init(messages: 1_000, bytes: 1 << 20), metrics: metrics),
            busMemory: busMemory,
            directNotices: DirectNotices(
                loop: loop, redis: redis, bound: WaitingCount(limit: 100, gauge: metrics.directUntold),
                metrics: metrics),
            gatherMilliseconds: 40, metrics: metrics)
        archive = RPCServer(
            loop: loop, address: address, service: "history", instance: "history.1", redis: redis
        ) { [weak self] type, data throws(ErrorCode) in
            guard let self, type == "find", let answer = archived else { throw .historyUnavailable }
            questions.append(data)
            return answer
        }
    }

    /// Connects, and loads `general` with alice in it.
    func start() async throws {
        weak let sender = sender
        redis.onConnect = { _ in sender?.connected() }
        self.sender.start()
        redis.start()
        rpc.start()
        archive?.start()
        let isReady = await eventually(on: loop) { redis.isConnected && rpc.isReady }
        try #require(isReady)
        try await load()
    }

    func load() async throws {
        let run = try #require(redis.runID)
        try await redis.load(.general, members: [("alice", "member")], run: run)
    }

    func close() {
        archive?.close()
        sender.close()
        rpc.close()
        redis.close()
    }

    func limit(to messages: Int) {
        sender.limit.policies = LimitPolicies(standard: LimitPolicy(messages: messages, seconds: 60))
    }

    /// How many units of alice's limit are taken.
    func units() async throws -> Int64 {
        try await redis.call("LLEN", .text(Keys.limit(.alice))).int ?? 0
    }

    func call(_ words: String...) async throws -> RedisReply {
        try await redis.call(words.map { .text($0) })
    }

    /// Forgets what Redis knows of accepted keys, as twenty minutes would.
    func forget() async throws {
        for key in Keys.seen(.general) { _ = try await redis.call("DEL", .text(key)) }
        _ = try await redis.call("HDEL", .text(Keys.room(.general)), "seen", "ready")
    }

    /// Has Redis answer nothing for so long, once it comes to this.
    func keepBusy(milliseconds: Int) {
        let script = """
            local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end
            local past = now() + ARGV[1]
            while now() < past do end
            """
        redis.call(["EVAL", .text(script), "0", .int(Int64(milliseconds))]) { _ in }
    }

    /// Puts one to `room_accept`, as another try of the sender would.
    func accept(_ one: RoomCalls.Try) async throws -> RedisReply {
        let rooms = [RoomCalls.Room(id: one.message.room, tries: [one])]
        return try await redis.function(
            RoomFunctions.accept, keys: calls.keys([one.message.room]),
            arguments: calls.accept(rooms, run: try #require(redis.runID)))
    }

    /// A message of alice's, or somebody's; its data as a client would write it, apart from the room.
    ///
    /// One that arrived so many milliseconds later than now has as much more patience.
    func message(
        _ data: String, of user: UserHandle = .alice, in room: RoomID = .general,
        roles: [String] = ["member"],
        arrived later: Int = 0
    ) throws -> OutgoingMessage {
        let arrived = loop.now.advanced(byMilliseconds: later)
        return try OutgoingMessage(data, of: user, in: room, roles: roles, at: arrived)
    }

    func send(_ data: String) async throws -> String { await send(try message(data)) }

    /// Sends all at once, on a connection each or in one lane, and returns how each ended.
    func sendTogether(_ all: [String], in lane: SendLane? = nil) async throws -> [String] {
        await sendTogether(try all.map { try message($0) }, in: lane)
    }

    func sendTogether(_ all: [OutgoingMessage], in lane: SendLane? = nil) async -> [String] {
        var outcomes: [Int: String] = [:]
        for (number, message) in all.enumerated() {
            sender.send(message, in: lane ?? SendLane()) { outcomes[number] = Self.words($0) }
        }
        let areSettled = await eventually(on: loop) { outcomes.count == all.count }
        #expect(areSettled)
        return all.indices.map { outcomes[$0] ?? "nothing" }
    }

    /// How it ended, in words.
    func send(_ message: OutgoingMessage) async -> String {
        let outcome = await withCheckedContinuation { continuation in
            sender.send(message, in: SendLane()) { continuation.resume(returning: $0) }
        }
        return Self.words(outcome)
    }

    static func words(_ outcome: SendOutcome) -> String {
        switch outcome {
        case .accepted(_, let position, let isDuplicate, _):
            "\(isDuplicate ? "duplicate" : "accepted") \(position.seq)"
        case .limited: "limited"
        case .refused(let code): code.rawValue
        }
    }
}

/// Runs a dialogue with a sender and a fresh Redis.
func onSender(
    replicas: Int = 0,
    _ body: nonisolated(nonsending) @escaping @Sendable (SenderBench) async throws -> Void
) async throws {
    try await onLoop { loop in
        let bench = try SenderBench(loop: loop, server: try RedisServer(), replicas: replicas)
        try await bench.start()
        try await body(bench)
        bench.close()
    }
}

extension OutgoingMessage {
    /// The id as its sender would make it.
    func identify(at time: Int64) -> MessageID {
        var random = RandomReserve()
        return identify(at: time, from: &random)
    }
}

extension OutgoingMessage {
    /// A message as a client's frame brings it; its data as the client would write it, apart from the room.
    convenience init(
        _ data: String, of user: UserHandle = .alice, in room: RoomID = .general,
        roles: [String] = ["member"], at arrived: Instant = Instant(milliseconds: 0)
    ) throws {
        let frame = #"{"type":"send_message","data":{"room":"\#(room)",\#(data)}}"#
        let decoded = try Array(frame.utf8).withUnsafeBytes { try ClientFrame(decoding: $0) }
        guard case .sendMessage(let request) = decoded.command else { throw SchemaError.invalidJSON }
        let sender = Identity(user: user, name: user.text, roles: roles, sessionID: "s", expires: .max)
        self.init(room: room, request: request, replyID: nil, sender: sender, arrived: arrived)
    }
}
