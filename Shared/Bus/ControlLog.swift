public import Engine
internal import MembershipFunctions
public import Redis
internal import Schema

/// The reader of `control:log`: what every process must hear of, in order.
///
/// Belongs to its loop. Its owner loads its state whenever `onReload` is called: at start and after each reconnect,
/// always *after* the place has been fixed from which entries will be read, so that nothing falls between.
public final class ControlLog {
    /// Called with each entry.
    public var onEvent: ((ControlEvent) -> Void)?
    /// Called when state must be loaded (again).
    public var onReload: (() -> Void)?
    /// Whether entries are being read.
    public private(set) var isCurrent = false

    private let reader: StreamReader
    private let redis: RedisClient
    private let loop: EventLoop
    private var run: RunID?
    /// The last entry heard from a run of Redis that has ended.
    private var heard: String?

    /// Makes a reader with a connection of its own; `redis` is asked for the newest entry.
    public init(loop: EventLoop, address: RedisAddress, name: String, redis: RedisClient) {
        self.loop = loop
        self.redis = redis
        reader = StreamReader(loop: loop, address: address, name: "\(name)-control")
        reader.onEntries = { [weak self] _, entries in self?.receive(entries) }
        reader.onConnected = { [weak self] in self?.connected($0) }
        reader.onDisconnected = { [weak self] in self?.isCurrent = false }
    }

    /// Begins to read.
    public func start() { reader.start() }

    /// Ends for good.
    public func close() { reader.close() }

    /// Stays only with the run of Redis that commands go to.
    public func keepTo(_ run: RunID) { reader.keepTo(run) }

    /// How many entries the log keeps, and a hundred more at most.
    private static let mostEntries: RedisArgument = "10000"

    /// Writes an entry, also where Redis is full; of many changes of members several, so that no entry is large.
    public static func append(_ event: ControlEvent, to redis: RedisClient) async throws(RedisError) {
        let parts = event.parts
        _ = try await redis.together(parts.count) { number, done in
            redis.function(
                ControlFunctions.add, keys: [.text(Keys.controlLog)],
                arguments: [mostEntries, .text(parts[number].type), .bytes(parts[number].data.encoded)], done)
        }
    }

    private func connected(_ run: RunID) {
        guard run != self.run else { return becomeCurrent() }
        self.run = run
        // A run that was cut short before it had found its place leaves none behind: what was heard counts.
        heard = reader.position(of: Keys.controlLog) ?? heard
        reader.stopReading(Keys.controlLog)
        weak let this = self
        loop.spawn { await this?.findPlace(run) }
    }

    /// Where to read on in another run of Redis, whose newest entry is `newest`.
    ///
    /// Ids are times: what was written since the last entry heard has a higher one, be it read back from the file
    /// of the run before or written since, unless this Redis does not know that entry any more.
    static func place(known: String?, newest: String) -> String {
        guard let known, !isEarlier(newest, known) else { return newest }
        return known
    }

    private static func isEarlier(_ left: String, _ right: String) -> Bool {
        let (left, right) = (left.split(separator: "-"), right.split(separator: "-"))
        let numbers = zip(left, right).map { (UInt64($0) ?? 0, UInt64($1) ?? 0) }
        return numbers.first { $0.0 != $0.1 }.map { $0.0 < $0.1 } ?? false
    }

    private func findPlace(_ run: RunID) async {
        while run == self.run, reader.isConnected {
            if let newest = try? await redis.call("XREVRANGE", .text(Keys.controlLog), "+", "-", "COUNT", "1")
            {
                let newest = newest[0][0].text ?? "0-0"
                reader.read(Keys.controlLog, after: ControlLog.place(known: heard, newest: newest))
                return becomeCurrent()
            }
            await loop.sleep(milliseconds: 100)
        }
        if !reader.isConnected { self.run = nil }
    }

    private func becomeCurrent() {
        isCurrent = true
        onReload?()
    }

    private func receive(_ entries: [StreamEntry]) {
        for entry in entries {
            guard let type = entry.text("type"), let bytes = entry["data"],
                let data = try? JSONValue(parsing: bytes),
                let event = ControlEvent(type: type, data: data)
            else { continue }
            onEvent?(event)
        }
    }
}
