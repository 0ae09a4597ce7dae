public import Engine
public import Redis
public import Schema

/// Answers the requests of other services: one consumer of the service's request stream (see Bus.md).
///
/// Belongs to its loop. A request past its deadline is dropped unread: whoever asked has given up.
public final class RPCServer {
    /// Answers one request with JSON text, which reaches the asker as it is, or throws a code.
    public typealias Handler =
        nonisolated(nonsending) (_ type: String, _ data: JSONValue) async throws(ErrorCode) -> [UInt8]

    /// The most bytes of an answer: larger ones would get the asker's connection cut off.
    public static let maxAnswerBytes = 384 * 1024

    private let loop: EventLoop
    private let redis: RedisClient
    private let consumer: GroupConsumer
    private let handler: Handler
    private let concurrency: Int
    private var running = 0

    /// Makes a server; `instance` names it within the service's group.
    public init(
        loop: EventLoop, address: RedisAddress, service: String, instance: String, redis: RedisClient,
        concurrency: Int = 256, handler: @escaping Handler
    ) {
        self.loop = loop
        self.redis = redis
        self.handler = handler
        self.concurrency = concurrency
        consumer = GroupConsumer(
            loop: loop, address: address, name: "\(service)-rpc", stream: Keys.rpc(service), group: service,
            consumer: instance)
        consumer.onEntries = { [weak self] in self?.receive($0) }
    }

    /// Begins to answer.
    public func start() { consumer.start() }

    /// Takes no further requests.
    public func close() { consumer.close() }

    private func receive(_ entries: [StreamEntry]) {
        for entry in entries {
            guard let request = Request(entry), request.deadline > now else { continue }
            running += 1
            loop.spawn {
                await self.answer(request)
                self.running -= 1
                if self.running < self.concurrency { self.consumer.resume() }
            }
        }
        if running >= concurrency { consumer.pause() }
    }

    private func answer(_ request: Request) async {
        let answer: RPCAnswer
        do throws(ErrorCode) {
            let handler = self.handler
            answer = RPCAnswer(id: request.id, .success(try await handler(request.type, request.data)))
        } catch {
            answer = RPCAnswer(id: request.id, .failure(error))
        }
        await publish(answer.bytes(atMost: Self.maxAnswerBytes), for: request)
    }

    /// After Redis was away the requests may be back sooner than the connection for answers: as long as somebody waits,
    /// the answer is not given up.
    private func publish(_ bytes: [UInt8], for request: Request) async {
        while request.deadline > now {
            do throws(RedisError) {
                _ = try await redis.call("SPUBLISH", .text(request.reply), .bytes(bytes))
                return
            } catch {
                await loop.sleep(milliseconds: 50)
            }
        }
    }

    private var now: Int64 { WallClock.milliseconds() + redis.clockOffset }

    private struct Request {
        let id: String
        let type: String
        let deadline: Int64
        let reply: String
        let data: JSONValue

        init?(_ entry: StreamEntry) {
            guard let id = entry.text("id"), let type = entry.text("type"), let reply = entry.text("reply"),
                let deadline = entry.text("deadline").flatMap({ Int64($0) }), let bytes = entry["data"],
                let data = try? JSONValue(parsing: bytes)
            else { return nil }
            self.id = id
            self.type = type
            self.deadline = deadline
            self.reply = reply
            self.data = data
        }
    }
}
