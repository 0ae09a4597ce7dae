import Engine
import Redis
import Schema

/// One room in which a session is typing, or was a moment ago.
struct TypingRoom {
    var pace = TypingPace()
    var timer: Timer?
}

extension Session {
    /// In how many rooms at once somebody may be typing; further ones are not told of.
    private static var typingLimit: Int { 16 }

    /// `typing_start`: told to the others in the room, and ended by itself after 6 s.
    func startTyping(in room: RoomID, replyTo: ReplyID?) {
        guard follows(room) else { return fail(.roomDenied, replyTo: replyTo, room: room) }
        if typing[room] != nil || typing.count < Self.typingLimit {
            typing[room, default: TypingRoom()].pace.start(at: shard.loop.now)
            attend(to: room)
        }
        confirm(replyTo)
    }

    /// `typing_stop`.
    func stopTyping(in room: RoomID, replyTo: ReplyID?) {
        guard follows(room) else { return fail(.roomDenied, replyTo: replyTo, room: room) }
        typing[room]?.pace.stop()
        attend(to: room)
        confirm(replyTo)
    }

    /// One who is gone from a room does not type there any more.
    func endTyping(in room: RoomID) {
        guard let ended = typing.removeValue(forKey: room) else { return }
        ended.timer?.cancel()
        if ended.pace.isTold { tellOthers(.userStoppedTyping, room) }
    }

    /// As for one room, for all.
    func endTyping() {
        for room in Array(typing.keys) { endTyping(in: room) }
    }

    private func attend(to room: RoomID) {
        guard var place = typing[room] else { return }
        place.timer?.cancel()
        let now = shard.loop.now
        let news = place.pace.news(at: now)
        if let wait = place.pace.wait(at: now) {
            place.timer = shard.loop.schedule(afterMilliseconds: wait) { [self] in attend(to: room) }
            typing[room] = place
        } else {
            typing[room] = nil
        }
        if let news { tellOthers(news ? .userTyping : .userStoppedTyping, room) }
    }

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
