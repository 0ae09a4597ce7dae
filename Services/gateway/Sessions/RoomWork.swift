import Engine
import Schema

/// Something to do about a room that may have to wait.
typealias RoomWork = nonisolated(nonsending) () async -> Void

extension Session {
    /// How many requests about one room may wait for their turn.
    private static var roomWorkLimit: Int { 32 }

    /// Does `work` once all that was asked before about this room is done.
    func inTurn(_ room: RoomID, replyTo: ReplyID?, _ work: @escaping RoomWork) {
        guard roomLanes[room]?.waitingCount ?? 0 < Self.roomWorkLimit else {
            return fail(.overloaded, replyTo: replyTo, room: room)
        }
        if let first = roomLanes[room, default: Lane()].enter(work) { begin(first, room) }
    }

    private func begin(_ work: @escaping RoomWork, _ room: RoomID) {
        shard.loop.spawn {
            await work()
            if let next = self.roomLanes[room]?.settled() {
                self.begin(next, room)
            } else {
                self.roomLanes[room] = nil
            }
        }
    }
}
