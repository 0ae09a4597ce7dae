public import Engine

/// Reads streams from a position on (plain `XREAD`), every entry once and in order, on a connection of its own.
///
/// Belongs to its loop. After a reconnect it goes on where it stood; a Redis that was restarted or replaced may
/// know less than that, so its owner compares in `onConnected` and calls `read` again from another place.
public final class StreamReader {
    /// Called with the stream's name and its next entries.
    public var onEntries: ((_ stream: String, _ entries: [StreamEntry]) -> Void)?
    /// Called after each connect with the server's run, before anything is read from it.
    public var onConnected: ((RunID) -> Void)?
    /// Called when the connection is gone, at the latest 2 s after Redis has fallen silent.
    public var onDisconnected: (() -> Void)?

    /// Whether there is a connection.
    public var isConnected: Bool { reads.isConnected }

    private let reads: BlockingReads
    private var positions = StreamPositions()
    /// The positions as of the question under way: an answer from another position is not used.
    private var asked: StreamPositions?
    private var isPaused = false

    /// Makes a reader that connects when it is started.
    public init(loop: EventLoop, address: RedisAddress, name: String) {
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

    /// Stays only with the run of Redis that commands go to: a connection to another is given up for a new one.
    public func keepTo(_ run: RunID) { reads.keepTo(run) }

    /// Reads a stream after an id (`0-0`: from its beginning; `$`: what is added from now on).
    ///
    /// Takes effect with the next question, hence within half a second. A stream that is read already is read
    /// from there instead.
    public func read(_ stream: String, after id: String) {
        positions[stream] = id
        reads.ask()
    }

    /// Stops reading a stream.
    public func stopReading(_ stream: String) {
        positions[stream] = nil
    }

    /// The id of the last entry given of a stream, or where reading it was to begin.
    public func position(of stream: String) -> String? { positions[stream] }

    /// Asks for nothing more until `resume`; what is on its way still comes.
    public func pause() {
        isPaused = true
    }

    /// Reads on.
    public func resume() {
        isPaused = false
        reads.ask()
    }

    private func question() -> [RedisArgument]? {
        guard !isPaused, !positions.isEmpty else { return nil }
        asked = positions
        if let stream = positions.unresolved { return ["XINFO", "STREAM", .text(stream)] }
        return positions.command(block: BlockingReads.blockMilliseconds, count: BlockingReads.count)
    }

    private func answer(_ result: Result<RedisReply, RedisError>) -> Bool {
        guard let asked else { return false }
        self.asked = nil
        if let stream = asked.unresolved { return resolve(stream, result) }
        guard case .success(let reply) = result else { return false }
        guard let lists = StreamEntry.lists(reply) else {
            reads.drop()
            return false
        }
        for (stream, entries) in lists {
            // An earlier callback of this answer may have moved the position.
            guard let last = entries.last, positions[stream] == asked[stream] else { continue }
            positions[stream] = last.id
            onEntries?(stream, entries)
        }
        return true
    }

    private func resolve(_ stream: String, _ result: Result<RedisReply, RedisError>) -> Bool {
        guard positions[stream] == "$" else { return true }
        switch result {
        case .success(let info): positions[stream] = info["last-generated-id"].text ?? "0-0"
        case .failure(.server("ERR no such key")): positions[stream] = "0-0"
        case .failure: return false
        }
        return true
    }
}
