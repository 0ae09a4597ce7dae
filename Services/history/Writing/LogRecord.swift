import Schema

/// One envelope of the log, taken apart for the archive; or the tombstone that takes its place.
struct LogRecord: Sendable, Hashable {
    let place: Place
    /// The version of the room's member list.
    let mv: Int64
    let id: MessageID
    /// Nil only where a tombstone's entry did not tell.
    let sender: UserHandle?
    let type: EventType
    let ts: Int64
    /// The moment that decides in which month's table it stands.
    let createdAt: Int64
    let clientMessageID: String?
    let replyTo: MessageID?
    /// The envelope as it went to clients, or that of the tombstone: UTF-8, as a batch with anything else could never be
    /// stored.
    let envelope: [UInt8]
    /// What it stands for, where it is a tombstone.
    let deadLetter: DeadLetter?

    /// The entry that it was read of.
    var entry: LogEntry.ID { LogEntry.ID(room: place.room, seq: place.position.seq) }
}

extension [LogRecord] {
    /// Their rooms, each as often as its records stand together: mostly once.
    var rooms: [RoomID] {
        var rooms: [RoomID] = []
        for record in self where record.place.room != rooms.last { rooms.append(record.place.room) }
        return rooms
    }
}

extension LogRecord {
    /// The first moment of 2025: no message is older than the project.
    static let earliest: Int64 = 1_735_689_600_000
    /// `room_accept` lets ids be 5 s off; a day more allows for clocks set right meanwhile.
    private static let tolerance: Int64 = 86_400_000

    /// Reads an entry's envelope; `now` in milliseconds since 1970.
    init(_ entry: LogEntry, now: Int64) throws(Unfit) {
        // Columns are read of UTF-8 only.
        guard let columns = try? EnvelopeColumns(reading: entry.envelope), let position = columns.position,
            position.seq == entry.id.seq, LogPosition(claimedEpoch: position.epoch, seq: position.seq) != nil,
            let room = columns.room, let id = columns.id, let sender = columns.user
        else { throw .notAnEnvelope }
        guard columns.type.isLogged else { throw .notLogged }
        guard room == entry.id.room else { throw .wrongRoom }
        guard id.milliseconds >= LogRecord.earliest, id.milliseconds <= now &+ LogRecord.tolerance else {
            throw .timeOutOfRange
        }
        self.init(
            place: Place(room: room, position: position), mv: columns.mv ?? 0, id: id,
            sender: sender, type: columns.type, ts: columns.ts ?? id.milliseconds,
            createdAt: id.milliseconds, clientMessageID: columns.clientMessageID,
            replyTo: columns.replyTo, envelope: entry.envelope, deadLetter: nil)
    }
}
