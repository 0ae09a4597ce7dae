public import Engine

/// Takes requests off a stream as one consumer of a group: each entry goes to one of them, at most once (`NOACK`).
///
/// Belongs to its loop. Made for calls that their caller repeats or gives up: an entry taken by a process that
/// then dies is gone. The group is made where it is missing, with the stream.
public final class GroupConsumer {
    /// Called with the next entries.
    public var onEntries: (([StreamEntry]) -> Void)?
    /// Called after each connect with the server's run.
    public var onConnected: ((RunID) -> Void)?
    /// Called when the connection is gone.
    public var onDisconnected: (() -> Void)?

    /// Whether there is a connection.
    public var isConnected: Bool { reads.isConnected }

    private let reads: BlockingReads
    private let stream: String
    private let group: String
    private let consumer: String
    private let firstID: String
    private var isGroupMissing = false
    private var isPaused = false

    /// Makes a consumer that connects when it is started.
    ///
    /// - Parameter firstID: after which entry a group begins that has to be made; `0` takes what is there already.
    public init(
        loop: EventLoop, address: RedisAddress, name: String, stream: String, group: String,
        consumer: String, firstID: String = "0"
    ) {
        self.stream = stream
        self.group = group
        self.consumer = consumer
        self.firstID = firstID
        reads = BlockingReads(loop: loop, address: address, name: name)
        reads.question = { [weak self] in self?.question() }
        reads.answer = { [weak self] in self?.answer($0) ?? false }
        reads.onConnected = { [weak self] in self?.onConnected?($0) }
        reads.onDisconnected = { [weak self] in self?.onDisconnected?() }
    }

    /// Begins to connect.
    public func start() { reads.start() }

    /// Ends for good; nothing is called any more.
    public func close() {
        onEntries = nil
        onConnected = nil
        onDisconnected = nil
        reads.close()
    }

    /// Takes nothing more until `resume`; what is on its way still comes.
    public func pause() {
        isPaused = true
    }

    /// Takes entries again.
    public func resume() {
        isPaused = false
        reads.ask()
    }

    private func question() -> [RedisArgument]? {
        guard !isPaused else { return nil }
        if isGroupMissing {
            return ["XGROUP", "CREATE", .text(stream), .text(group), .text(firstID), "MKSTREAM"]
        }
        return [
            "XREADGROUP", "GROUP", .text(group), .text(consumer),
            "COUNT", RedisArgument(BlockingReads.count), "BLOCK",
            RedisArgument(BlockingReads.blockMilliseconds),
            "NOACK", "STREAMS", .text(stream), ">",
        ]
    }

    private func answer(_ result: Result<RedisReply, RedisError>) -> Bool {
        switch result {
        case .failure(let error): return failed(error)
        case .success(let reply): return isGroupMissing ? made() : take(reply)
        }
    }

    private func failed(_ error: RedisError) -> Bool {
        switch error.code {
        case "NOGROUP": isGroupMissing = true
        case "BUSYGROUP": isGroupMissing = false  // another consumer was faster
        default: return false
        }
        return true
    }

    private func made() -> Bool {
        isGroupMissing = false
        return true
    }

    private func take(_ reply: RedisReply) -> Bool {
        guard let lists = StreamEntry.lists(reply) else {
            reads.drop()
            return false
        }
        for (_, entries) in lists where !entries.isEmpty { onEntries?(entries) }
        return true
    }
}
