import Redis
import Schema

/// What is told on a user's channel, and stands in their stream under the id of `entry`.
///
/// Pure.
enum UserNotice: Equatable {
    /// A direct message has its place.
    case direct(RoomID, LogPosition, entry: StreamID)
    /// A message of theirs that had its place could not be archived.
    case dead(DeadLetter, entry: StreamID)

    var entry: StreamID {
        switch self {
        case .direct(_, _, let entry), .dead(_, let entry): entry
        }
    }

    /// Reads what comes on the channel: the notice, and the entry's id.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let space = text.lastIndex(of: " "), let entry = StreamID(text[space...].dropFirst()) else {
            return nil
        }
        self.init(text[..<space], entry: entry)
    }

    /// Reads an entry of the user's stream.
    init?(_ entry: StreamEntry) {
        guard let notice = entry["n"], let id = StreamID(entry.id) else { return nil }
        self.init(String(decoding: notice, as: UTF8.self), entry: id)
    }

    /// Reads `direct room epoch seq` or `dead room epoch seq key`; the key, `-` for none, is all that follows.
    private init?(_ notice: some StringProtocol, entry: StreamID) {
        let words = notice.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard words.count >= 4, let room = RoomID(String(words[1])), let seq = Int64(words[3]),
            LogPosition.isPossible(seq)
        else { return nil }
        let position = LogPosition(epoch: String(words[2]), seq: seq)
        switch (words[0], words.count) {
        case ("direct", 4):
            self = .direct(room, position, entry: entry)
        case ("dead", 5):
            let key = words[4] == "-" ? nil : ClientMessageID(String(words[4]))
            self = .dead(DeadLetter(room: room, position: position, key: key), entry: entry)
        default: return nil
        }
    }
}
