/// The part of a logged envelope that a gateway writes: from `type` to the closing brace.
///
/// The function that gives the message its place puts the head before it, so the bytes of an envelope are made
/// once and never parsed on their way.
public enum EnvelopeTail {
    /// Writes `"type":…,"room":…,"id":…,"ts":…,"user":…,"data":{…}}`; the time is that of the id.
    public static func bytes(
        _ payload: some Payload, room: RoomID, id: MessageID, user: UserHandle
    ) -> [UInt8] {
        var writer = JSONWriter(reserving: 512)
        writer.member("type", payload.type.rawValue)
        writer.member("room", room)
        writer.member("id", id)
        writer.member("ts", id.milliseconds)
        writer.member("user", user)
        writer.object("data") { payload.write(to: &$0) }
        writer.endObject()
        return writer.bytes
    }

    /// Completes a tail as the accepting function does: for tests, and for whoever must make an envelope whole.
    public static func complete(_ tail: [UInt8], at position: LogPosition, mv: Int64) -> [UInt8] {
        var writer = JSONWriter(reserving: tail.count + 64)
        writer.member("v", Envelope.version)
        writer.member("epoch", position.epoch)
        writer.member("seq", position.seq)
        writer.member("mv", mv)
        return Array("{".utf8) + writer.bytes + Array(",".utf8) + tail
    }
}
