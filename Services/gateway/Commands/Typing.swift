import Engine
import Redis
import Schema

extension Session {
    /// `typing_start`: told to the others in the room, and ended by itself after 6 s.
    func startTyping(in room: RoomID, replyTo: ReplyID?) {
        guard follows(room) else { return fail(.roomDenied, replyTo: replyTo, room: room) }
        let wasTyping = typing[room] != nil
        typing[room]?.cancel()
        typing[room] = shard.loop.schedule(afterMilliseconds: Session.typingMilliseconds) { [self] in
            typing[room] = nil
            tellOthers(.userStoppedTyping, room)
        }
        // One who goes on typing is told of once, and then again only after an end.
        if !wasTyping { tellOthers(.userTyping, room) }
        confirm(replyTo)
    }

    /// `typing_stop`.
    func stopTyping(in room: RoomID, replyTo: ReplyID?) {
        guard follows(room) else { return fail(.roomDenied, replyTo: replyTo, room: room) }
        if let timer = typing.removeValue(forKey: room) {
            timer.cancel()
            tellOthers(.userStoppedTyping, room)
        }
        confirm(replyTo)
    }

    /// One who is gone does not type any more.
    func endTyping() {
        for (room, timer) in typing {
            timer.cancel()
            tellOthers(.userStoppedTyping, room)
        }
        typing = [:]
    }

    private static var typingMilliseconds: Int { 6_000 }

    private func follows(_ room: RoomID) -> Bool {
        guard let local = shard.rooms[room] else { return false }
        return local.has(self)
    }

    private func tellOthers(_ type: EventType, _ room: RoomID) {
        guard let user else { return }
        let bytes = ServerFrame.bytes(type, room: room, user: user, ts: WallClock.milliseconds())
        shard.redis.call(["SPUBLISH", .text(Keys.roomChannel(room)), .bytes(bytes)]) { _ in }
    }
}
