import Bus
import Web

/// Answers `GET /rooms`: the caller's own and the public ones.
struct ListRooms: Operation {
    let bearer: Bearer
    let rooms: PostgresRooms

    private struct Page: Encodable {
        let rooms: [RoomView]
        let next: String?

        private enum CodingKeys: String, CodingKey {
            case rooms
            case next = "next_cursor"
        }

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: CodingKeys.self)
            try object.encode(rooms, forKey: .rooms)
            try object.encode(next, forKey: .next)
        }
    }

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        let paging = try Paging(request)
        let found = try await rooms.list(
            for: identity.user, only: identity.rooms, after: paging.after, limit: paging.readLimit)
        let (page, next) = paging.cut(found, by: \.id)
        return .json(Page(rooms: page, next: next))
    }
}
