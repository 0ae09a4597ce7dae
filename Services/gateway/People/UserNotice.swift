import Schema

/// What is told on a user's channel.
///
/// Pure.
enum UserNotice: Equatable {
    /// A direct message has its place.
    case direct(RoomID, LogPosition)
    /// A message of theirs that had its place could not be archived.
    case dead(DeadLetter)

    /// Reads `direct room epoch seq` or `dead room epoch seq key`; the key, `-` for none, is all that follows.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 4)
        guard words.count >= 4, let room = RoomID(String(words[1])), let seq = Int64(words[3]),
            LogPosition.isPossible(seq)
        else { return nil }
        let position = LogPosition(epoch: String(words[2]), seq: seq)
        switch (words[0], words.count) {
        case ("direct", 4): self = .direct(room, position)
        case ("dead", 5):
            let key = words[4] == "-" ? nil : ClientMessageID(String(words[4]))
            self = .dead(DeadLetter(room: room, position: position, key: key))
        default: return nil
        }
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
