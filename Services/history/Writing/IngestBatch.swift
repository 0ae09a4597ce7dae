import Schema

/// Decides what becomes of a batch of one partition's log, given how far the archive goes in each room.
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
        for record in records {
            let (room, position) = (record.place.room, record.place.position)
            let head = heads[room] ?? known[room]
            if let head, position.seq <= head.seq {
                doubtful.append(record)
                continue
            }
            if let head, head.epoch == position.epoch, position.seq > head.seq &+ 1 { holes += 1 }
            add(record)
            heads[room] = position
        }
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

    /// How far each room is in the archive by this batch, once it is committed: what gateways are told.
    var stored: [RoomID: LogPosition] {
        (rows + replays).reduce(into: [:]) { stored, record in
            let (room, position) = (record.place.room, record.place.position)
            if (stored[room]?.seq ?? .min) < position.seq { stored[room] = position }
        }
    }
}

/// What has become of the entries of a batch, for those who wait to hear of it.
struct Settlement {
    /// How far each room is settled: what is not in the archive up to there is among the dead.
    private(set) var stored: [RoomID: LogPosition] = [:]
    /// What the archive could not take.
    private(set) var dead: [DeadLetter] = []

    init(dead: [DeadLetter] = []) { dead.forEach { add($0) } }

    /// A batch has been committed.
    mutating func add(_ batch: IngestBatch) {
        stored.merge(batch.stored) { $0.seq > $1.seq ? $0 : $1 }
        batch.dead.forEach { add($0) }
    }

    /// The archive cannot take an entry: its place is settled by that, too.
    mutating func add(_ letter: DeadLetter) {
        dead.append(letter)
        guard let (room, position) = letter.place.map({ ($0.room, $0.position) }) else { return }
        if (stored[room]?.seq ?? .min) < position.seq { stored[room] = position }
    }
}
