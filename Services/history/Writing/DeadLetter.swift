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

/// An entry of the log that the archive could not take: what people find of it, and who is told.
struct DeadLetter: Sendable, Hashable {
    /// The entry's id in the log.
    let entryID: String
    let reason: Unfit
    /// More about the reason, such as PostgreSQL's state.
    var detail = ""
    /// Where it was to stand, as far as that can be read.
    var place: Place?
    var sender: UserHandle?
    var clientMessageID: String?

    /// What its sender's gateways are told: `dead ROOM EPOCH SEQ CLIENT_MSG_ID`, the last `-` where there is none.
    var notice: String? {
        guard let place else { return nil }
        let position = place.position
        return "dead \(place.room) \(position.epoch) \(position.seq) \(clientMessageID ?? "-")"
    }
}

extension LogRecord {
    /// The record as a dead letter.
    func dead(_ reason: Unfit, detail: String = "") -> DeadLetter {
        DeadLetter(
            entryID: entryID, reason: reason, detail: detail, place: place, sender: sender,
            clientMessageID: clientMessageID)
    }
}
