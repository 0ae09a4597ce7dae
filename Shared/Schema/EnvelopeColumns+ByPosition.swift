extension EnvelopeColumns {
    /// Reads a message as a gateway and Redis have written it: by position, making nothing of what becomes no column.
    ///
    /// Anything may stand in Redis, so that it is looked at to its end. Nil says only that it is written in another way:
    /// what can be read so, ``init(parsing:)`` reads as the same.
    init?(byPosition bytes: UnsafeRawBufferPointer) {
        guard bytes.isUTF8 else { return nil }
        var scanner = ByteScanner(bytes)
        guard scanner.skip("{\"v\":1,\"epoch\":"), let epoch = scanner.shortText(),
            scanner.skip(",\"seq\":"), let seq = scanner.plainNumber(), LogPosition.isPossible(seq),
            scanner.skip(",\"mv\":"), let mv = scanner.plainNumber(),
            scanner.skip(",\"type\":\"new_message\",\"room\":"), let room = scanner.shortText(),
            scanner.skip(",\"id\":"), let id = scanner.plainText().flatMap(MessageID.init(text:)),
            scanner.skip(",\"ts\":"), let ts = scanner.plainNumber(),
            scanner.skip(",\"user\":"), let user = scanner.shortText(),
            scanner.skip(",\"data\":{\"content\":"), scanner.skipText(),
            scanner.skip(",\"client_msg_id\":"), let key = scanner.nullable({ $0.shortText() }),
            scanner.skip(",\"reply_to\":"),
            let answered = scanner.nullable({ $0.plainText().flatMap(MessageID.init(text:)) }),
            scanner.skip(",\"metadata\":"), scanner.skipValue(), scanner.skip("}}"), scanner.isAtEnd,
            let room = RoomID(room), let user = UserHandle(user)
        else { return nil }
        position = LogPosition(epoch: epoch, seq: seq)
        type = .newMessage
        clientMessageID = key.value
        replyTo = answered.value
        (self.mv, self.room, self.id, self.ts, self.user) = (mv, room, id, ts, user)
    }
}

extension ByteScanner {
    /// Takes a text without escapes that is no longer than anything that names something.
    fileprivate mutating func shortText() -> String? {
        guard let text = plainText(), text.count <= 128 else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    /// Takes a whole number as JSON has it: without a sign, nor zeros before it.
    fileprivate mutating func plainNumber() -> Int64? {
        let isZero = peek() == UInt8(ascii: "0")
        let start = offset
        guard let number = wholeNumber(), !isZero || offset == start &+ 1 else { return nil }
        return number
    }

    /// Takes what `read` takes, or `null`.
    fileprivate mutating func nullable<T>(_ read: (inout ByteScanner) -> T?) -> Nullable<T>? {
        skip("null") ? Nullable(value: nil) : read(&self).map(Nullable.init)
    }
}

/// What may be `null`.
private struct Nullable<T> {
    let value: T?
}
