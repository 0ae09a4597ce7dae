import Schema

/// How far back Redis knows every key that was accepted in a room, and how far back the archive lacks something.
///
/// Pure. A key that Redis does not know was accepted before that, if at all; the archive can tell only where all that
/// is older stands in it.
struct SeenMemory: Equatable {
    /// Every key accepted since then is known, in milliseconds of Redis' clock.
    let since: Int64
    /// The time of the oldest message that is not in the archive yet.
    let oldestUnstored: Int64?

    /// An id's time is that of its gateway, which Redis takes where it is this near its own.
    private static let clockMilliseconds: Int64 = 5_000

    init(since: Int64, oldestUnstored: Int64?) {
        self.since = since
        self.oldestUnstored = oldestUnstored
    }

    /// Reads the oldest envelope that is not stored; without bytes there is none.
    init(since: Int64, oldestUnstored envelope: [UInt8]) {
        // What cannot be read may be of any time.
        let time = (try? JSONValue(parsing: envelope))?["ts"]?.int ?? .min
        self.init(since: since, oldestUnstored: envelope.isEmpty ? nil : time)
    }

    /// Whether all that Redis does not remember is in the archive.
    var reachesTheArchive: Bool {
        guard let oldestUnstored else { return true }
        return oldestUnstored >= since &+ Self.clockMilliseconds
    }
}
