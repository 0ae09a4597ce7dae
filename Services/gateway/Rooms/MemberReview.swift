import Bus
import Engine
import Hosting
import Schema

/// Asks again whether everybody who is in a room here may be there: changes may have been told to a Redis that has
/// forgotten them since.
///
/// Belongs to its loop. Auth vouches for each room anew when it is asked about, so the rooms take turns.
final class MemberReview {
    private let loop: EventLoop
    private let rooms: Rooms
    private let directory: RoomDirectory
    private let log: Log
    private var waiting: [RoomID] = []
    private var workers = 0

    private static let mostWorkers = 32
    private static let retryMilliseconds = 200

    init(loop: EventLoop, rooms: Rooms, directory: RoomDirectory, log: Log) {
        self.loop = loop
        self.rooms = rooms
        self.directory = directory
        self.log = log
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
        for user in rooms[id]?.users ?? [] {
            while let room = rooms[id], room.users.contains(user) {
                do throws(BusError) {
                    let standing = try await directory.standing(of: user, in: id, known: room.knownSeq)
                    // Who was seen to be a member in a later version of the list has come back since.
                    if standing.role == nil { rooms.evict(user, from: id, .removed, asOf: standing.mv + 1) }
                    break
                } catch .refused(.roomDenied), .refused(.userNotFound) {
                    rooms.evict(user, from: id, .roomDeleted)
                    break
                } catch {
                    log.debug("members not reviewed yet", .room(id.text), .error(error))
                    await loop.sleep(milliseconds: Self.retryMilliseconds)
                }
            }
        }
    }
}
