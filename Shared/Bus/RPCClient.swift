public import Engine
public import Redis
public import Schema

/// Asks other services over their request streams, and hears their answers on a channel of its own (see Bus.md).
///
/// Belongs to its loop.
public final class RPCClient {
    private let loop: EventLoop
    private let redis: RedisClient
    private let subscriber: Subscriber
    private let channel: String
    private var waiting: [String: Waiting] = [:]
    private var counter: UInt64 = 0
    /// Whether answers can be heard.
    public private(set) var isReady = false
    private var isClosed = false

    private struct Waiting {
        let timer: Timer
        let done: (Result<[UInt8], BusError>) -> Void
    }

    /// Makes a client; `replyID` must be this process's alone.
    public init(loop: EventLoop, address: RedisAddress, name: String, redis: RedisClient, replyID: String) {
        self.loop = loop
        self.redis = redis
        channel = Keys.reply(replyID)
        // Large answers on the subscriptions of live traffic would delay it, and could get it cut off.
        subscriber = Subscriber(loop: loop, address: address, name: "\(name)-reply")
        subscriber.onDisconnect = { [weak self] in self?.isReady = false }
    }

    /// Begins to listen for answers.
    public func start() {
        subscriber.subscribe(
            channel, onMessage: { [weak self] in self?.receive($0) },
            onReady: { [weak self] in self?.isReady = true })
        subscriber.start()
    }

    /// Ends for good: whoever waits, or asks from now on, is told that nobody answers.
    public func close() {
        isClosed = true
        subscriber.close()
        for id in Array(waiting.keys) { settle(id, .failure(.timeout)) }
    }

    /// Stays only with the run of Redis that commands go to.
    public func keepTo(_ run: RunID) { subscriber.keepTo(run) }

    /// Asks a service, and waits at most so long.
    public func call(
        _ service: String, _ type: String, _ data: JSONValue, timeoutMilliseconds: Int = 5_000
    ) async throws(BusError) -> JSONValue {
        let bytes = try await text(service, type, data, timeoutMilliseconds: timeoutMilliseconds)
        guard let answer = try? JSONValue(parsing: bytes) else { throw .malformed }
        return answer
    }

    /// Asks a service, and returns the JSON text of its answer as it was written.
    public func text(
        _ service: String, _ type: String, _ data: JSONValue, timeoutMilliseconds: Int = 5_000
    ) async throws(BusError) -> [UInt8] {
        let patience = try await awaitConnection(timeoutMilliseconds)
        counter &+= 1
        let id = String(counter, radix: 36)
        let deadline = WallClock.milliseconds() + redis.clockOffset + Int64(patience)
        let result = await withCheckedContinuation { continuation in
            let timer = loop.schedule(afterMilliseconds: patience) { [weak self] in
                self?.settle(id, .failure(.timeout))
            }
            waiting[id] = Waiting(timer: timer) { continuation.resume(returning: $0) }
            let command: [RedisArgument] = [
                "XADD", .text(Keys.rpc(service)), "MAXLEN", "~", "10000", "*", "id", .text(id), "type",
                .text(type),
                "deadline", .int(deadline), "reply", .text(channel), "data", .bytes(data.encoded),
            ]
            redis.call(command) { [weak self] result in
                if case .failure(let error) = result { self?.settle(id, .failure(.redis(error))) }
            }
        }
        return try result.get()
    }

    /// Redis may be on its way back: waits for both connections, and returns how many milliseconds are left.
    private func awaitConnection(_ timeoutMilliseconds: Int) async throws(BusError) -> Int {
        let began = loop.now
        while !isReady || !redis.isConnected {
            guard !isClosed, loop.now.milliseconds(since: began) < timeoutMilliseconds else {
                throw .redis(.unavailable)
            }
            await loop.sleep(milliseconds: 20)
        }
        return max(timeoutMilliseconds - loop.now.milliseconds(since: began), 1)
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        guard let answer = RPCAnswer(bytes) else { return }
        settle(answer.id, answer.result.mapError { .refused($0) })
    }

    /// An answer nobody waits for any more is dropped.
    private func settle(_ id: String, _ result: Result<[UInt8], BusError>) {
        guard let waiting = waiting.removeValue(forKey: id) else { return }
        waiting.timer.cancel()
        waiting.done(result)
    }
}
