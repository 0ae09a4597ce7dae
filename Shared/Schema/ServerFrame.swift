/// A frame to a client that is not part of a room's log; also the form of ephemeral envelopes on a channel.
///
/// Members stand in this order: `v`, `type`, `reply_to_id`, `room`, `user`, `ts`, `data`. Without a reply id an
/// `EnvelopeHead` reads type, room and user by position.
public enum ServerFrame {
    /// Writes a frame.
    public static func bytes(
        _ payload: some Payload, replyTo: ReplyID? = nil, room: RoomID? = nil, user: UserHandle? = nil,
        ts: Int64? = nil
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { frame in
            frame.member("v", Envelope.version)
            frame.member("type", payload.type.rawValue)
            if let replyTo {
                frame.name("reply_to_id")
                frame.verbatim(replyTo.json)
            }
            if let room { frame.member("room", room) }
            if let user { frame.member("user", user) }
            if let ts { frame.member("ts", ts) }
            frame.object("data") { payload.write(to: &$0) }
        }
        return writer.bytes
    }

    /// Writes a frame whose `data` is empty.
    public static func bytes(
        _ type: EventType, replyTo: ReplyID? = nil, room: RoomID? = nil, user: UserHandle? = nil,
        ts: Int64? = nil
    ) -> [UInt8] {
        bytes(Bare(type), replyTo: replyTo, room: room, user: user, ts: ts)
    }
}
