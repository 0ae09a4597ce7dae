import Schema

/// Why an entry of the log cannot become a row.
enum Unfit: String, Error, Sendable {
    /// Not an envelope with a place, an id, a room and a sender.
    case notAnEnvelope = "not_an_envelope"
    /// A kind that is no part of a log.
    case notLogged = "not_logged"
    /// Of another room than the one in whose log it stands.
    case wrongRoom = "wrong_room"
    /// Its id's time is before 2025 or lies ahead of the clock.
    case timeOutOfRange = "time_out_of_range"
    /// Another message stands at its place.
    case conflict
    /// PostgreSQL refused it.
    case refused
}

/// An entry of the log that the archive could not take: what people find of it, and who is told.
struct DeadLetter: Sendable, Hashable {
    /// Where it stands.
    let entry: LogEntry.ID
    let reason: Unfit
    /// More about the reason, such as PostgreSQL's state.
    var detail = ""
    /// Its epoch, where that can be read.
    var epoch: String?
    var sender: UserHandle?
    var clientMessageID: String?

    /// Where it was to stand.
    var position: LogPosition? { epoch.map { LogPosition(epoch: $0, seq: entry.seq) } }

    /// What its sender's gateways are told: `dead ROOM EPOCH SEQ CLIENT_MSG_ID`, the last `-` where there is none.
    var notice: String? {
        guard let position else { return nil }
        return "dead \(entry.room) \(position.epoch) \(position.seq) \(clientMessageID ?? "-")"
    }
}

extension LogRecord {
    /// The record as a dead letter.
    func dead(_ reason: Unfit, detail: String = "") -> DeadLetter {
        DeadLetter(
            entry: entry, reason: reason, detail: detail, epoch: place.position.epoch, sender: sender,
            clientMessageID: clientMessageID)
    }
}
