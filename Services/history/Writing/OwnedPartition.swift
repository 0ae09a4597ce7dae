import Schema

/// A partition of ours, as its writer remembers it from batch to batch.
///
/// Belongs to its loop.
final class OwnedPartition {
    let log: PartitionLog
    /// With another one in PostgreSQL, nothing can be committed.
    let fence: Int64
    /// How far the archive goes, as far as we need to know: we alone move these heads.
    private(set) var heads: [RoomID: LogPosition] = [:]
    /// What Redis has been told is settled of rooms: we alone say so.
    private(set) var settled: [RoomID: Int64] = [:]
    /// Dead letters whose senders were told, and that were not acknowledged since: their batch will be tried again.
    private var told: Set<LogEntry.ID> = []

    /// Whether what a build before had left has been taken over.
    var hasAdopted = false

    private static let mostRooms = 20_000

    var partition: Partition { log.partition }

    init(log: PartitionLog, fence: Int64) {
        self.log = log
        self.fence = fence
    }

    /// The rooms of these records whose heads have to be asked for.
    func unknownRooms(of records: [LogRecord]) -> Set<RoomID> {
        let rooms = records.rooms
        let unknown = Set(rooms.filter { heads[$0] == nil })
        guard !unknown.isEmpty, heads.count > OwnedPartition.mostRooms else { return unknown }
        heads = [:]
        return Set(rooms)
    }

    /// So far the archive goes.
    func learn(_ known: [RoomID: LogPosition]) { heads.merge(known) { _, new in new } }

    /// This place is settled, though nothing stands there: what follows it follows it still.
    func pass(_ place: Place) {
        if (heads[place.room]?.seq ?? 0) < place.position.seq { heads[place.room] = place.position }
    }

    /// What was believed may be wrong.
    func forget() {
        heads = [:]
        settled = [:]
    }

    /// Tells the senders, once each however often the batch is tried.
    func tell(_ letters: [DeadLetter]) async throws {
        for letter in letters where !told.contains(letter.entry) {
            try await log.tell(letter)
            told.insert(letter.entry)
        }
    }

    /// All that was read is settled: neither its entries nor its dead letters will be met again.
    func acknowledged(_ rooms: [LogReading.Room], dead letters: [DeadLetter]) {
        if !told.isEmpty { told.subtract(letters.map(\.entry)) }
        if settled.count > OwnedPartition.mostRooms { settled = [:] }
        for room in rooms {
            settled[room.room] = room.isSound && room.newestMilliseconds != nil ? room.seq : nil
        }
    }
}
