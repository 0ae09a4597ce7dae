import Access
import Bus
import Schema
import Web

/// Answers `GET /rooms/{room}/members`: for those who may see the room.
struct ListMembers: Operation {
    let bearer: Bearer
    let rooms: PostgresRooms

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        let room = try request.room(for: identity)
        let paging = try Paging(request) { UserHandle($0) != nil }
        guard try await rooms.isSeen(room, by: identity.user) else { throw ErrorCode.roomNotFound }
        let found = try await rooms.members(of: room, after: paging.after, limit: paging.readLimit)
        return .json(Listing("members", paging.cut(found, by: \.user)))
    }
}
