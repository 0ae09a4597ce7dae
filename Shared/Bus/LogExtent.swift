internal import Redis
public import Schema

/// What the room's hash tells of its log: the present epoch and those that it remembers.
///
/// Pure. What an older epoch had beyond the end told here, a Redis that was set back has forgotten; the archive may
/// have it.
public struct LogExtent: Sendable, Hashable {
    /// The place of the newest envelope; one before `first` while the epoch has none.
    public var newest: LogPosition
    /// The first seq of the present epoch.
    public var first: Int64
    /// The epochs that ended, oldest first.
    public var past: [PastEpoch]

    /// Takes the parts.
    public init(newest: LogPosition, first: Int64, past: [PastEpoch] = []) {
        self.newest = newest
        self.first = first
        self.past = past
    }

    /// Reads what the room's hash has; nil where that cannot be.
    init?(epoch: String?, seq: Int64?, first: Int64?, epochs: String?) {
        guard let epoch, let seq, let first, LogPosition.isPossible(seq), LogPosition.isPossible(first) else {
            return nil
        }
        self.init(
            newest: LogPosition(epoch: epoch, seq: seq), first: first, past: PastEpoch.list(epochs ?? ""))
    }

    /// All epochs that are known, oldest first.
    public var epochs: [PastEpoch] {
        past + [PastEpoch(epoch: newest.epoch, first: first, last: newest.seq)]
    }

    /// An epoch by its name.
    public func epoch(_ name: String) -> PastEpoch? {
        guard name != newest.epoch else { return PastEpoch(epoch: name, first: first, last: newest.seq) }
        return past.last { $0.epoch == name }
    }

    /// Whether the log goes on beyond this place, be it by an epoch that has nothing yet.
    public func goesBeyond(_ place: LogPosition) -> Bool {
        if newest.seq == place.seq { return newest.epoch != place.epoch && first > newest.seq }
        return newest.seq > place.seq
    }
}

/// An epoch of a room's log, as the room remembers it.
public struct PastEpoch: Sendable, Hashable {
    /// Its name.
    public var epoch: String
    /// Its first seq.
    public var first: Int64
    /// Its last seq; smaller than the first where nothing was accepted in it.
    public var last: Int64

    /// Takes the parts.
    public init(epoch: String, first: Int64, last: Int64) {
        self.epoch = epoch
        self.first = first
        self.last = last
    }

    /// Reads the field `epochs` of a room: `epoch:first:last`, separated by spaces.
    public static func list(_ text: String) -> [PastEpoch] {
        text.split(separator: " ").compactMap { entry in
            let parts = entry.split(separator: ":")
            guard parts.count == 3, let first = Int64(parts[1]), let last = Int64(parts[2]),
                LogPosition.isPossible(first), LogPosition.isPossible(last)
            else { return nil }
            return PastEpoch(epoch: String(parts[0]), first: first, last: last)
        }
    }
}
