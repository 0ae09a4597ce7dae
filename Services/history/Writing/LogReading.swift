import Schema

/// What was read of a partition's rooms, sorted by what can be done with it.
struct LogReading {
    /// How far a room is once all that was read of it is settled.
    struct Room: Sendable, Hashable {
        let room: RoomID
        /// The epoch of the newest entry that can be read; nil where there is nothing to tell.
        var epoch: String?
        /// The newest seq of all entries; where there are none, that up to which all was settled before.
        var seq: Int64
        /// Whether each entry was what it should be: somebody may have put others there by hand, beyond the newest seq too.
        var isSound = true
        /// When the newest entry was accepted; nil where there was none.
        var newestMilliseconds: Int64?
    }

    /// The rooms, those too of which nothing was found.
    private(set) var rooms: [Room] = []
    /// What can become rows, in order: what was accepted, and tombstones.
    private(set) var records: [LogRecord] = []
    /// What has no place that could be kept.
    private(set) var dead: [DeadLetter] = []
    /// How many entries there were.
    private(set) var entries = 0
    /// The bytes of all envelopes, as `room_accept` has counted them.
    private(set) var bytes = 0
    /// What stands among the rooms and is none of this partition: to be taken out.
    let strays: [[UInt8]]

    /// Sorts what was read of these stretches; `now` in milliseconds since 1970.
    init(_ read: [(stretch: UnstoredStretch, entries: [LogEntry])], strays: [[UInt8]] = [], now: Int64) {
        self.strays = strays
        for (stretch, entries) in read {
            var room = Room(room: stretch.room, seq: stretch.above)
            for entry in entries {
                bytes += entry.envelope.count
                room.seq = max(room.seq, entry.id.seq)
                guard let record = record(of: entry, now: now) else {
                    room.newestMilliseconds = room.newestMilliseconds ?? now
                    room.isSound = false
                    continue
                }
                if record.deadLetter != nil { room.isSound = false }
                room.epoch = record.place.position.epoch
                room.newestMilliseconds = record.createdAt
                records.append(record)
            }
            self.entries += entries.count
            rooms.append(room)
        }
    }

    private mutating func record(of entry: LogEntry, now: Int64) -> LogRecord? {
        do throws(Unfit) {
            return try LogRecord(entry, now: now)
        } catch {
            if let tombstone = LogRecord(tombstoneFor: entry, now: now, reason: error) { return tombstone }
            dead.append(DeadLetter(entry: entry.id, reason: error))
            return nil
        }
    }
}
