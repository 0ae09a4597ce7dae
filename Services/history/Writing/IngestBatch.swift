import Schema

/// Decides what becomes of a batch of one partition's entries, given how far the archive goes in each room.
///
///     seq above the head            → a row; a seq left out in between is counted, never a reason to stop
///     seq at or below the head      → ask the archive what stands there:
///         the same message          → a replay: done already
///         a tombstone               → a replay of what became one: a dead letter again
///         another message           → a conflict: a dead letter
///         nothing                   → a row: nothing accepted is dropped
struct IngestBatch {
    /// What is to be inserted.
    private(set) var rows: [LogRecord] = []
    /// What stands at or below its room's head: the archive must be asked before `settle`.
    private(set) var doubtful: [LogRecord] = []
    /// What the archive has already.
    private(set) var replays: [LogRecord] = []
    /// What is no message of the archive: what became or becomes a tombstone, and what stands where another message is.
    private(set) var dead: [DeadLetter] = []
    /// How often a seq within an epoch was left out.
    private(set) var holes = 0
    /// Where the heads of the batch's rooms are once it is committed.
    private(set) var heads: [RoomID: LogPosition] = [:]

    /// Sorts records by the heads of their rooms; a room without one has nothing in the archive.
    init(_ records: [LogRecord], heads known: [RoomID: LogPosition]) {
        rows.reserveCapacity(records.count)
        // Records of a room stand together, mostly: its head is looked up once for all of them.
        var rest = records[...]
        while let room = rest.first?.place.room {
            let run = rest.prefix { $0.place.room == room }
            rest = rest.dropFirst(run.count)
            sort(run, of: room, above: heads[room] ?? known[room])
        }
    }

    private mutating func sort(_ run: ArraySlice<LogRecord>, of room: RoomID, above before: LogPosition?) {
        var head = before
        for record in run {
            let position = record.place.position
            if let head, position.seq <= head.seq {
                doubtful.append(record)
                continue
            }
            if let head, head.epoch == position.epoch, position.seq > head.seq &+ 1 { holes += 1 }
            add(record)
            head = position
        }
        if head != before { heads[room] = head }
    }

    /// Settles what was doubtful by what the archive has at these places.
    mutating func settle(archived: [Place: Archived]) {
        var taken = Dictionary(
            rows.map { ($0.place, Archived(id: $0.id, tombstone: $0.deadLetter?.reason)) },
            uniquingKeysWith: { first, _ in first })
        taken.merge(archived) { _, archived in archived }
        for record in doubtful {
            guard let there = taken[record.place] else {
                add(record)
                taken[record.place] = Archived(id: record.id, tombstone: record.deadLetter?.reason)
                continue
            }
            if let reason = there.tombstone {
                replays.append(record)
                dead.append(record.deadLetter ?? record.dead(reason))
            } else if there.id == record.id {
                replays.append(record)
            } else {
                dead.append(record.dead(.conflict))
            }
        }
        doubtful = []
    }

    private mutating func add(_ record: LogRecord) {
        rows.append(record)
        if let letter = record.deadLetter { dead.append(letter) }
    }
}
