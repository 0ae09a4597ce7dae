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
        enqueue(room, work)
    }

    /// Does `work` as soon as nothing asked before about this room is under way, mostly at once.
    ///
    /// Whoever joins and goes on without waiting is a member by then. What comes after does not wait for it.
    func behind(_ room: RoomID, replyTo: ReplyID?, _ work: @escaping () -> Void) {
        guard isBusy(with: room) else { return work() }
        inTurn(room, replyTo: replyTo) { work() }
    }

    /// As `behind`, for what is bounded otherwise.
    func behind(_ room: RoomID, _ work: @escaping () -> Void) {
        guard isBusy(with: room) else { return work() }
        enqueue(room) { work() }
    }

    /// Whether something asked about this room is under way.
    func isBusy(with room: RoomID) -> Bool { roomLanes[room] != nil }

    private func enqueue(_ room: RoomID, _ work: @escaping RoomWork) {
        if let first = roomLanes[room, default: Lane()].enter(work) { begin(first, room) }
    }

    private func begin(_ work: @escaping RoomWork, _ room: RoomID) {
        shard.loop.spawn {
            await work()
            if let next = self.roomLanes[room]?.settled() {
                self.begin(next, room)
            } else {
                self.roomLanes[room] = nil
                // An emptied dictionary keeps its memory.
                if self.roomLanes.isEmpty { self.roomLanes = [:] }
            }
        }
    }
}
