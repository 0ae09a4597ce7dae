import Redis
import Schema

/// What is told on a user's channel.
///
/// Pure.
enum UserNotice: Equatable {
    /// A direct message has its place; the same stands in the user's stream under this id.
    case direct(RoomID, LogPosition, entry: StreamID)
    /// A message of theirs that had its place could not be archived.
    case dead(DeadLetter)

    /// Reads `direct room epoch seq entry` or `dead room epoch seq key`; the key, `-` for none, is all that follows.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 4)
        guard words.count >= 4, let room = RoomID(String(words[1])), let seq = Int64(words[3]),
            LogPosition.isPossible(seq)
        else { return nil }
        let position = LogPosition(epoch: String(words[2]), seq: seq)
        switch (words[0], words.count) {
        case ("direct", 5):
            guard let entry = StreamID(words[4]) else { return nil }
            self = .direct(room, position, entry: entry)
        case ("dead", 5):
            let key = words[4] == "-" ? nil : ClientMessageID(String(words[4]))
            self = .dead(DeadLetter(room: room, position: position, key: key))
        default: return nil
        }
    }

    /// Reads an entry of the user's stream.
    init?(_ entry: StreamEntry) {
        guard let notice = entry["n"] else { return nil }
        let bytes = notice + Array(" \(entry.id)".utf8)
        guard let read = bytes.withUnsafeBytes({ UserNotice($0) }) else { return nil }
        self = read
    }
}

/// A message that was accepted, and that the archive could not take: a tombstone stands in its place.
struct DeadLetter: Equatable {
    let room: RoomID
    let position: LogPosition
    let key: ClientMessageID?

    /// What its sender is told: it was at fault itself, so sending it again would not help.
    var error: MessageError { MessageError(.invalidField, clientMessageID: key, field: "data") }
}
