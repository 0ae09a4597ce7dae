import Bus
import Schema
import Web

/// Answers `GET /rooms/{room}/members`: for those who may see the room.
struct ListMembers: Operation {
    let bearer: Bearer
    let rooms: PostgresRooms

    private struct Page: Encodable {
        let members: [MemberView]
        let next: String?

        private enum CodingKeys: String, CodingKey {
            case members
            case next = "next_cursor"
        }

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: CodingKeys.self)
            try object.encode(members, forKey: .members)
            try object.encode(next, forKey: .next)
        }
    }

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        let room = try request.room(for: identity)
        let paging = try Paging(request)
        guard try await rooms.find(room, for: identity.user) != nil else { throw ErrorCode.roomNotFound }
        let found = try await rooms.members(of: room, after: paging.after, limit: paging.readLimit)
        let (page, next) = paging.cut(found, by: \.user)
        return .json(Page(members: page, next: next))
    }
}
