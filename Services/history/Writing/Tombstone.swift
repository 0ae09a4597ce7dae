import Schema

/// What keeps the place of an entry that the archive cannot take: to its readers, a message that was deleted.
///
/// So a room's log has no hole there. Whatever can be read of the entry stays.
extension LogRecord {
    /// Makes the tombstone of an entry that cannot be a row; nil where its place cannot be read, or is another.
    init?(tombstoneFor entry: LogEntry, now: Int64, reason: Unfit) {
        guard let json = LegibleEnvelope.read(entry.envelope), let epoch = json["epoch"]?.text,
            json["seq"]?.int == entry.id.seq, json["room"]?.text == entry.id.room.text,
            let position = LogPosition(claimedEpoch: epoch, seq: entry.id.seq)
        else { return nil }
        let id = json["id"]?.text.flatMap(MessageID.init) ?? MessageID(milliseconds: now)
        self.init(
            tombstoneOf: DeadLetter(
                entry: entry.id, reason: reason, epoch: position.epoch,
                sender: json["user"]?.text.flatMap(UserHandle.init),
                clientMessageID: json["data"]?["client_msg_id"]?.text.flatMap(ClientMessageID.init)?.text),
            at: Place(room: entry.id.room, position: position), mv: json["mv"]?.int, id: id,
            ts: json["ts"]?.int ?? id.milliseconds, latest: now)
    }

    /// The tombstone of a record that PostgreSQL has refused.
    ///
    /// With `keepsID` false under another id: its own is another message's.
    func tombstone(detail: String, keepsID: Bool) -> LogRecord {
        LogRecord(
            tombstoneOf: dead(.refused, detail: detail), at: place, mv: mv,
            id: keepsID ? id : MessageID(milliseconds: createdAt), ts: ts, latest: createdAt)
    }

    private init(
        tombstoneOf letter: DeadLetter, at place: Place, mv: Int64?, id: MessageID, ts: Int64, latest: Int64
    ) {
        let data: JSONValue = [
            "client_msg_id": letter.clientMessageID.map(JSONValue.string) ?? .null, "content": .null,
            "deleted": true, "metadata": [:], "reply_to": .null,
        ]
        let envelope = Envelope(
            .newMessage, at: place.position, mv: mv ?? 0, room: place.room, id: id, ts: ts,
            user: letter.sender, data: data)
        self.init(
            place: place, mv: mv ?? 0, id: id, sender: letter.sender,
            type: .newMessage, ts: ts, createdAt: min(max(id.milliseconds, LogRecord.earliest), latest),
            // No key: what is not there is not found.
            clientMessageID: nil, replyTo: nil,
            envelope: envelope.encoded, deadLetter: letter)
    }
}

/// As much of an envelope as can be read.
private enum LegibleEnvelope {
    private static let data = Array(#","data":"#.utf8)

    /// What a gateway writes before `data` holds no text of users: it is read even where the rest is not JSON.
    static func read(_ bytes: [UInt8]) -> JSONValue? {
        if let whole = try? JSONValue(parsing: bytes) { return whole }
        guard let end = bytes.firstRange(of: data)?.lowerBound else { return nil }
        return try? JSONValue(parsing: bytes[..<end] + [UInt8(ascii: "}")])
    }
}
