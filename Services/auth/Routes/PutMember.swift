import Access
import Bus
import Web

/// Answers `PUT /rooms/{room}/members/{user}`.
struct PutMember: Operation {
    let bearer: Bearer
    let changes: RoomChanges
    let membership: Membership

    private struct Body: Decodable {
        let role: String
    }

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        try changes.begin(by: identity)
        let room = try request.room(for: identity)
        let body = try request.json(Body.self)
        guard let role = RoomRole(rawValue: body.role) else {
            throw Problem.invalidFields([FieldError("role", "invalid")])
        }
        try await membership.put(role, to: try request.user, in: room, by: identity.user)
        return .noContent
    }
}
