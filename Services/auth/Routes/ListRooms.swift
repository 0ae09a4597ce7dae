import Access
import Bus
import Schema
import Web

/// Answers `GET /rooms`: the caller's own and the public ones.
struct ListRooms: Operation {
    let bearer: Bearer
    let rooms: PostgresRooms

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        let paging = try Paging(request) { RoomID($0) != nil }
        let found = try await rooms.list(
            for: identity.user, only: identity.rooms, after: paging.after, limit: paging.readLimit)
        return .json(Listing("rooms", paging.cut(found, by: \.id)))
    }
}
