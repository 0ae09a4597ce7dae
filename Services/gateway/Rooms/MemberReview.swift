import Engine
import Schema

/// Asks again whether everybody who is in a room here may be there: changes may have been told to a Redis that has
/// forgotten them since.
///
/// Belongs to its loop. Auth vouches for each room anew when it is asked about, so the rooms take turns.
final class MemberReview {
    private let loop: EventLoop
    private let rooms: Rooms
    private var waiting: [RoomID] = []
    private var workers = 0

    private static let mostWorkers = 32
    private static let retryMilliseconds = 200

    init(loop: EventLoop, rooms: Rooms) {
        self.loop = loop
        self.rooms = rooms
    }

    /// Reviews all rooms; one that is under way is reviewed once more.
    func begin() {
        waiting = rooms.ids
        while workers < min(Self.mostWorkers, waiting.count) {
            workers += 1
            weak let this = self
            loop.spawn { await this?.work() }
        }
    }

    private func work() async {
        while let id = waiting.popLast() { await review(id) }
        workers -= 1
    }

    private func review(_ id: RoomID) async {
        while let room = rooms[id], room.hasMembers, await room.compareMembers() == nil {
            await loop.sleep(milliseconds: Self.retryMilliseconds)
        }
    }
}
