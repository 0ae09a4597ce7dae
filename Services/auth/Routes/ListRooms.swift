import Access
import Bus
import Schema
import Web

/// Answers `GET /rooms`: the caller's own and the public ones; with `mine=true` the own alone.
struct ListRooms: Operation {
    let bearer: Bearer
    let rooms: PostgresRooms

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        let paging = try Paging(request) { RoomID($0) != nil }
        let found = try await rooms.list(
            for: identity.user, mine: try mine(request), only: identity.rooms, after: paging.after,
            limit: paging.readLimit)
        return .json(Listing("rooms", paging.cut(found, by: \.id)))
    }

    private func mine(_ request: Request) throws(Problem) -> Bool {
        switch request.query("mine") {
        case nil, "false": false
        case "true": true
        default: throw .invalid("mine", "invalid", "true or false.")
        }
    }
}
