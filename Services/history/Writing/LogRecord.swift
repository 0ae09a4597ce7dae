import Redis
import Schema

/// Why an entry of the log cannot become a row.
enum Unfit: String, Error, Sendable {
    /// Not an envelope with a place, an id, a room and a sender.
    case notAnEnvelope = "not_an_envelope"
    /// A kind that is no part of a log.
    case notLogged = "not_logged"
    /// Of a room that belongs to another partition.
    case wrongPartition = "wrong_partition"
    /// Its id's time is before 2025 or lies ahead of the clock.
    case timeOutOfRange = "time_out_of_range"
    /// Another message stands at its place.
    case conflict
    /// PostgreSQL refused it.
    case refused
}

/// One envelope of the log, taken apart for the archive.
struct LogRecord: Sendable, Hashable {
    /// The entry's id in the log.
    let entryID: String
    let place: Place
    let id: MessageID
    let sender: UserHandle
    let type: EventType
    let ts: Int64
    let clientMessageID: String?
    let replyTo: MessageID?
    let content: String?
    /// The envelope as it went to clients.
    let envelope: String

    /// The first moment of 2025: no message is older than the project.
    private static let earliest: Int64 = 1_735_689_600_000
    /// `room_accept` lets ids be 5 s off; a day more allows for clocks set right meanwhile.
    private static let tolerance: Int64 = 86_400_000

    /// Reads an entry's envelope; `now` in milliseconds since 1970.
    init(_ bytes: [UInt8], entryID: String, of partition: Partition, now: Int64) throws(Unfit) {
        guard let text = String(validating: bytes, as: UTF8.self),
            let envelope = try? Envelope(decoding: bytes), let position = envelope.position,
            position.seq > 0, LogPosition(claimedEpoch: position.epoch, seq: position.seq) != nil,
            let room = envelope.room, let id = envelope.id, let sender = envelope.user
        else { throw .notAnEnvelope }
        guard envelope.type.isLogged else { throw .notLogged }
        guard room.partition == partition else { throw .wrongPartition }
        guard id.milliseconds >= LogRecord.earliest, id.milliseconds <= now &+ LogRecord.tolerance else {
            throw .timeOutOfRange
        }
        self.entryID = entryID
        place = Place(room: room, position: position)
        self.id = id
        self.sender = sender
        type = envelope.type
        ts = envelope.ts ?? id.milliseconds
        clientMessageID = envelope.data["client_msg_id"]?.text
        replyTo = envelope.data["reply_to"]?.text.flatMap(MessageID.init)
        content = envelope.data["content"]?.text
        self.envelope = text
    }
}

/// What was taken of a partition's log, sorted by what can be done with it.
struct LogReading {
    /// The ids of all entries, in order: what is acknowledged in the end.
    private(set) var entryIDs: [String] = []
    /// What can become rows, in order.
    private(set) var records: [LogRecord] = []
    /// What cannot.
    private(set) var unfit: [(entry: StreamEntry, reason: Unfit)] = []
    /// The bytes of all envelopes, as `room_accept` has counted them.
    private(set) var bytes = 0

    init(_ entries: [StreamEntry], of partition: Partition, now: Int64) {
        for entry in entries {
            entryIDs.append(entry.id)
            // An entry that was deleted while pending has no fields: it was stored, and only its end was missed.
            guard !entry.fields.isEmpty else { continue }
            bytes += entry["e"]?.count ?? 0
            do throws(Unfit) {
                guard let envelope = entry["e"] else { throw .notAnEnvelope }
                records.append(try LogRecord(envelope, entryID: entry.id, of: partition, now: now))
            } catch {
                unfit.append((entry, error))
            }
        }
    }
}
