import Access
import Bus
import Schema
import Web

/// Answers `GET /rooms/{room}`.
struct GetRoom: Operation {
    let bearer: Bearer
    let rooms: PostgresRooms

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        let room = try request.room(for: identity)
        guard let view = try await rooms.find(room, for: identity.user) else { throw ErrorCode.roomNotFound }
        return .json(view)
    }
}
