import Engine
import Schema

/// Loads rooms that are asked for, many together: after Redis was emptied all are, at once.
final class RoomLoads {
    private let loads: GroupCommit<RoomID, Void>

    init(loop: EventLoop, copy: RoomCopy, patience: GroupPatience = GroupPatience()) {
        loads = GroupCommit(loop: loop) { rooms, isAlone in
            let outcomes = try await copy.load(rooms, patience: patience.milliseconds(isAlone: isAlone))
            return rooms.map { outcomes[$0] ?? .failure(ErrorCode.internalError) }
        }
    }

    /// Writes a room whole; throws `roomDenied` where there is none.
    func load(_ room: RoomID) async throws { try await loads.answer(to: room) }
}
